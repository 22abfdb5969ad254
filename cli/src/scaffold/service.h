/* The folder of a service: put in place when it is new, brought up to date when it is there. */
#ifndef PARTIE_CLI_SERVICE_H
#define PARTIE_CLI_SERVICE_H

#include "scaffold/name.h"
#include "scaffold/project.h"

/* FAILED_PRECONDITION: services/NAME is there and was not made by this; the message names a file in it. */
pt_code pt_service_check(const pt_project *project, const pt_service_name *name, pt_status *st) PT_MUST_CHECK;

/* After that check. `draft` is a folder with what protoc-gen-partie's kind=scaffold made of the contract, on the same file
 * system. Where services/NAME is not there, the draft becomes it, in one step. Where it is there, only this changes: gen/
 * becomes the draft's, and the draft's functions that none of the service's C files defines are added at the end of handler.c.
 * Says on stdout what it did, and which handlers the contract no longer has. FAILED_PRECONDITION: services/NAME was not made by
 * this; nothing changed. Others: a file can't be read or written. */
pt_code pt_service_install(const pt_project *project, const pt_service_name *name, const char *draft,
                           pt_status *st) PT_MUST_CHECK;

#endif
