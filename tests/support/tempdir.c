#include "support/tempdir.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pt_tempdir_init(pt_tempdir *dir) {
    const char *base = getenv("TMPDIR");
    /* A socket's path has 108 bytes: a long TMPDIR would not leave enough. */
    if (!base || !*base || strlen(base) > sizeof dir->path - sizeof "/partie.XXXXXX") base = "/tmp";
    snprintf(dir->path, sizeof dir->path, "%s/partie.XXXXXX", base);
    cr_assert_not_null(mkdtemp(dir->path), "%s: %s", dir->path, strerror(errno));
}

char *pt_tempdir_file(const pt_tempdir *dir, const char *name, char *ret_path, size_t size) {
    int length = snprintf(ret_path, size, "%s/%s", dir->path, name);
    cr_assert(length > 0 && (size_t)length < size, "%s/%s: path too long", dir->path, name);
    return ret_path;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *position) {
    (void)info, (void)kind, (void)position;
    return remove(path);
}

void pt_tempdir_done(pt_tempdir *dir) {
    if (!dir->path[0]) return;
    nftw(dir->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    dir->path[0] = '\0';
}
