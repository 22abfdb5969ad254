/* How names of a contract become C names. The rules are protobuf-c's, so that code written for it reads the same; where
 * those give C that does not compile, a name gets underscores at its end until it is free. docs/generated-code.md tells users.
 */
#ifndef PARTIE_COMPILER_NAMES_H
#define PARTIE_COMPILER_NAMES_H

#include <stdbool.h>

#include "pool.h"

/* Of a type: "events.v1.Event" becomes Events__V1__Event. */
const char *pt_name_type(pt_pool *pool, const char *full_name);

/* Of functions and tables, before their suffix: events__v1__event. */
const char *pt_name_lower(pt_pool *pool, const char *full_name);

/* Of macros and enumerators, before their suffix: EVENTS__V1__EVENT. */
const char *pt_name_upper(pt_pool *pool, const char *full_name);

/* Of a struct member: in lower case, with `_` after it where C or C++ would take the word for something else. */
const char *pt_name_member(pt_pool *pool, const char *name);

/* True for a keyword of C or C++ and for macros of common headers, none of which can be used as a name. */
bool pt_name_is_reserved(const char *name);

/* The path of a contract without ".proto". */
const char *pt_name_stem(pt_pool *pool, const char *path);

/* Of a file's table, before its suffix: "events/v1/events.proto" becomes events__v1__events. */
const char *pt_name_file(pt_pool *pool, const char *path);

/* Of an include guard: each path has its own, since all but letters and digits is written as _ and two hex digits. */
const char *pt_name_guard(pt_pool *pool, const char *path);

#endif
