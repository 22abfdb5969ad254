/* A folder for one test, gone afterwards. */
#ifndef PARTIE_TESTS_SUPPORT_TEMPDIR_H
#define PARTIE_TESTS_SUPPORT_TEMPDIR_H

#include <stddef.h>

typedef struct pt_tempdir {
    char path[64];
} pt_tempdir;

/* Makes it in TMPDIR (or /tmp). Fails the test when it cannot. The path is short enough for a socket in it. */
void pt_tempdir_init(pt_tempdir *dir);

/* Writes the path of `name` in it. Returns `ret_path`. */
char *pt_tempdir_file(const pt_tempdir *dir, const char *name, char *ret_path, size_t size);

/* Removes it with all that is in it. Safe on a folder that was never made, when zeroed. */
void pt_tempdir_done(pt_tempdir *dir);

#endif
