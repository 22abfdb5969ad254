/* Values of flags: text to value and back. */
#ifndef PARTIE_KIT_FLAG_VALUE_H
#define PARTIE_KIT_FLAG_VALUE_H

#include "partie/kit/flags.h"

#define PT_FLAG_VARIABLE_BYTES 128

/* The environment variable that stands for a flag, INGEST_EVENTS_DB for program ingest-events and flag db, is written into
 * PT_FLAG_VARIABLE_BYTES bytes. */
void pt_flag_variable(const char *program, const char *name, char *ret_variable);

/* Sets the flag's value from `text`. `label` names the source in errors: "--db" or "INGEST_EVENTS_DB". For a LIST it appends.
 * INVALID_ARGUMENT: malformed or out of range. */
pt_code pt_flag_set(const pt_flag *flag, const char *label, const char *text, pt_status *st) PT_MUST_CHECK;

/* The same for a value of the environment: a LIST is cut at commas. */
pt_code pt_flag_set_env(const pt_flag *flag, const char *label, const char *text, pt_status *st) PT_MUST_CHECK;

/* The command line gives a first value for the list: what was there before goes. Later calls do nothing. */
void pt_flag_list_begin(pt_flag_list *list);

/* True when a required flag still has no value. */
bool pt_flag_is_empty(const pt_flag *flag);

/* Appends the present value as a person would type it; nothing for an empty one. */
pt_code pt_flag_print(const pt_flag *flag, pt_buf *out) PT_MUST_CHECK;

#endif
