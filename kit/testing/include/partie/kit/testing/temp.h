/* Folders for tests that need files. */
#ifndef PARTIE_KIT_TESTING_TEMP_H
#define PARTIE_KIT_TESTING_TEMP_H

#include <stddef.h>

#define PT_TEMP_PATH_BYTES 256

typedef struct pt_temp {
    char path[PT_TEMP_PATH_BYTES];
} pt_temp;

/* Makes an empty folder under TMPDIR (or /tmp); ends the test when that fails. */
void pt_temp_init(pt_temp *temp);

/* Writes `folder/name` into PT_TEMP_PATH_BYTES bytes and returns them. */
const char *pt_temp_file(const pt_temp *temp, const char *name, char *ret_path);

/* Removes it with all that it contains. */
void pt_temp_done(pt_temp *temp);

#endif
