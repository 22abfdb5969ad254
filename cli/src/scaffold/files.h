/* Files and folders of a source tree: read whole, written whole or not at all. */
#ifndef PARTIE_CLI_FILES_H
#define PARTIE_CLI_FILES_H

#include <stdbool.h>

#include "partie/buf.h"

#define PT_PATH_BYTES 4096
#define PT_SOURCE_BYTES ((size_t)16 << 20) /* largest file that is read */

/* Writes a path; returns `ret_path`. One that does not fit is cut to "", which no file has. */
const char *pt_path(char ret_path[PT_PATH_BYTES], const char *format, ...) PT_PRINTF(2, 3);

bool pt_path_exists(const char *path);

/* Appends the content of a file. NOT_FOUND: it can't be opened; UNKNOWN: can't be read; RESOURCE_EXHAUSTED: over `out`'s
 * ceiling. The message names it. */
pt_code pt_file_read(const char *path, pt_buf *out, pt_status *st) PT_MUST_CHECK;

/* Makes or replaces a file in one step: readers see the old content or the new. UNKNOWN: the system refused; the file is as it
 * was. */
pt_code pt_file_write(const char *path, pt_slice content, pt_status *st) PT_MUST_CHECK;

/* Makes a folder with its parents. UNKNOWN: the system refused. */
pt_code pt_folder_make(const char *path, pt_status *st) PT_MUST_CHECK;

/* Makes a new folder `parent`/.`name`.XXXXXX, on the file system of what will replace it. UNKNOWN: the system refused. */
pt_code pt_folder_make_temporary(const char *parent, const char *name, char ret_path[PT_PATH_BYTES],
                                 pt_status *st) PT_MUST_CHECK;

/* Removes a folder with all that is in it, as far as it can. */
void pt_folder_remove(const char *path);

/* Calls `visit` with the name of each file directly in the folder, in order of names; ends early when it returns a code other
 * than OK and returns that. NOT_FOUND: no such folder. */
typedef pt_code pt_folder_visit_fn(const char *name, void *arg, pt_status *st);
pt_code pt_folder_each(const char *path, pt_folder_visit_fn *visit, void *arg, pt_status *st) PT_MUST_CHECK;

#endif
