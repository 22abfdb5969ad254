/* What a request asks for, before its body: limits, ids, route. What is wrong is left in r->error. */
#ifndef PT_PROGRAM_INTAKE_H
#define PT_PROGRAM_INTAKE_H

#include "program/request.h"

/* A body over the limit is read to its end, so that the client gets to see the answer, but only up to this many times the
 * limit. */
#define PT_DISCARD_TIMES 16

/* Takes path and query out of the request target: origin form, absolute form, or "*". */
void pt_intake_target(pt_request *r, const char *target);

/* Reads the headers and finds the route. True: the body that is announced is so large that reading it to its end is out of
 * the question. */
bool pt_intake_headers(pt_request *r, const char *method, const char *version);

/* Sets the error for a body over the limit. */
void pt_intake_too_large(pt_request *r);

#endif
