#include "scaffold/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const char *pt_path(char ret_path[PT_PATH_BYTES], const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(ret_path, PT_PATH_BYTES, format, args);
    va_end(args);
    if (n < 0 || n >= PT_PATH_BYTES) ret_path[0] = '\0';
    return ret_path;
}

bool pt_path_exists(const char *path) {
    struct stat st;
    return lstat(path, &st) == 0;
}

pt_code pt_file_read(const char *path, pt_buf *out, pt_status *st) {
    char block[16384];
    pt_code code = PT_OK;
    FILE *file = fopen(path, "re");
    if (!file) return pt_status_set(st, PT_NOT_FOUND, "%s: %s", path, strerror(errno));
    for (size_t n; !code && (n = fread(block, 1, sizeof block, file)) > 0;) {
        if (pt_buf_append(out, block, n)) code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: too large", path);
    }
    if (!code && ferror(file)) code = pt_status_set(st, PT_UNKNOWN, "%s: %s", path, strerror(errno));
    fclose(file);
    return code;
}

static pt_code failed(pt_status *st, const char *path) {
    return pt_status_set(st, PT_UNKNOWN, "%s: %s", path, strerror(errno));
}

pt_code pt_file_write(const char *path, pt_slice content, pt_status *st) {
    char temporary[PT_PATH_BYTES];
    pt_path(temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) return failed(st, path);
    FILE *file = fdopen(fd, "w");
    if (!file) {
        close(fd);
        unlink(temporary);
        return failed(st, path);
    }
    bool written = fwrite(content.ptr, 1, content.len, file) == content.len && fflush(file) == 0 && fchmod(fd, 0644) == 0;
    int error = errno;
    written &= fclose(file) == 0;
    if (written && rename(temporary, path) == 0) return PT_OK;
    if (!written) errno = error;
    pt_code code = failed(st, path);
    unlink(temporary);
    return code;
}

pt_code pt_folder_make(const char *path, pt_status *st) {
    char part[PT_PATH_BYTES];
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        pt_path(part, "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0755) != 0 && errno != EEXIST) return failed(st, part);
        if (!slash) return PT_OK;
    }
}

pt_code pt_folder_make_temporary(const char *parent, const char *name, char ret_path[PT_PATH_BYTES], pt_status *st) {
    char path[PT_PATH_BYTES];
    pt_path(path, "%s/.%s.XXXXXX", parent, name);
    if (!mkdtemp(path) || chmod(path, 0755) != 0) return failed(st, path);
    memcpy(ret_path, path, sizeof path);
    return PT_OK;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void pt_folder_remove(const char *path) {
    if (*path) nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

pt_code pt_folder_each(const char *path, pt_folder_visit_fn *visit, void *arg, pt_status *st) {
    struct dirent **entries = NULL;
    pt_code code = PT_OK;
    int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0) return pt_status_set(st, PT_NOT_FOUND, "%s: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        bool file = entries[i]->d_type == DT_REG || entries[i]->d_type == DT_UNKNOWN;
        if (!code && file) code = visit(entries[i]->d_name, arg, st);
        free(entries[i]);
    }
    free(entries);
    return code;
}
