/* From a complete HTTP request to a call under way. */
#ifndef PT_PROGRAM_FORWARD_H
#define PT_PROGRAM_FORWARD_H

#include "program/request.h"

/* Translates the request, suspends its connection and starts the call. False: there is nothing to wait for; the answer stands
 * in the request. */
bool pt_forward(pt_request *r);

#endif
