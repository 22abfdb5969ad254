/* What a new service needs to know of its contract. */
#ifndef PARTIE_CLI_CONTRACT_H
#define PARTIE_CLI_CONTRACT_H

#include "scaffold/name.h"
#include "scaffold/project.h"

/* Compiles the contract of a service and checks that it can be one: it compiles, its package is the service's, it has a
 * service. Writes a note to stdout for each rpc that streams, as those are not served yet. `folder` takes a temporary file.
 * FAILED_PRECONDITION: it is not; the message says file, line and what to do. */
pt_code pt_contract_check(const pt_project *project, const pt_service_name *name, const char *folder,
                          pt_status *st) PT_MUST_CHECK;

#endif
