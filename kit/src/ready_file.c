#include "ready_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pt_code write_and_rename(const char *temporary, const char *path, pt_slice content, pt_status *st) {
    FILE *file = fopen(temporary, "we");
    bool written = file && fwrite(content.ptr, 1, content.len, file) == content.len;
    if (file && fclose(file) != 0) written = false;
    if (written && rename(temporary, path) == 0) return PT_OK;
    char text[128];
    pt_code code = pt_status_set(st, PT_UNAVAILABLE, "ready file %s: %s", path, strerror_r(errno, text, sizeof text));
    unlink(temporary);
    return code;
}

pt_code pt_ready_file_write(const char *path, pt_slice content, pt_status *st) {
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.%ld", path, (long)getpid()) < 0) {
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "ready file %s: out of memory", path);
    }
    pt_code code = write_and_rename(temporary, path, content, st);
    free(temporary);
    return code;
}
