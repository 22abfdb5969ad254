/* The file that says a program is ready. */
#ifndef PARTIE_KIT_READY_FILE_H
#define PARTIE_KIT_READY_FILE_H

#include "partie/buf.h"

/* Writes `content` to a file beside `path` and renames it, so that who sees `path` sees all of it. UNAVAILABLE: the system
 * refuses; the message names path and reason. */
pt_code pt_ready_file_write(const char *path, pt_slice content, pt_status *st) PT_MUST_CHECK;

#endif
