/* The source tree that a service is made in, and the programs that help. */
#ifndef PARTIE_CLI_PROJECT_H
#define PARTIE_CLI_PROJECT_H

#include "scaffold/files.h"

typedef struct pt_project {
    char root[PT_PATH_BYTES];   /* folder with proto/, services/ and scripts/generate */
    char plugin[PT_PATH_BYTES]; /* protoc-gen-partie */
    char build[PT_PATH_BYTES];  /* build folder that the plugin lies in; "": unknown */
} pt_project;

/* Finds the tree: `root`, or with NULL the nearest above the working folder; and the plugin: `plugin`, or with NULL the one
 * beside this program. NOT_FOUND: there is none; the message says what was looked for. */
pt_code pt_project_find(const char *root, const char *plugin, pt_project *ret_project, pt_status *st) PT_MUST_CHECK;

/* Runs a program in the root of the tree and waits. `output`, unless NULL, gets what it writes to stderr; else that goes to
 * ours. FAILED_PRECONDITION: it ended with another status than 0; UNAVAILABLE: it can't be started. */
pt_code pt_project_run(const pt_project *project, const char *const *argv, pt_buf *output, pt_status *st) PT_MUST_CHECK;

/* Compiles a contract (its path below proto/) with protoc; `arguments`, at most 4 and NULL-terminated, say what its output is
 * and where it goes. What protoc complains about is written to stderr, with paths from the root. FAILED_PRECONDITION: it
 * refused the contract. */
pt_code pt_project_protoc(const pt_project *project, const char *contract, const char *const *arguments,
                          pt_status *st) PT_MUST_CHECK;

#endif
