/* The real gateway with the shelf service behind it, for tests of the program. */
#ifndef PT_TESTING_RIG_H
#define PT_TESTING_RIG_H

#include "support/http.h"
#include "support/program.h"
#include "testing/shelf.h"

#define PT_RIG_JSON "Content-Type: application/json"

typedef struct pt_rig {
    pt_shelf *shelf;
    pt_program *gateway;
    pt_http *http;
    pt_http_reply reply; /* of the last pt_rig_send */
} pt_rig;

/* Starts both, the gateway with `args` (NULL-terminated; NULL: none) beside --listen and --backend, and waits until the gateway
 * has the routes of the service. */
void pt_rig_start(pt_rig *rig, const char *const *args);

/* Starts the gateway alone, with a backend at `backend`. Knows nothing of a service. */
void pt_rig_start_gateway(pt_rig *rig, const char *backend, const char *const *args);

/* Waits until `target` (by GET) is answered with `status`; fails the test after ten seconds. */
void pt_rig_wait_status(pt_rig *rig, const char *target, int status);

/* Stops the gateway by SIGTERM, expecting that it ends well, then the service. */
void pt_rig_stop(pt_rig *rig);

/* Sends a request and fails the test unless it is answered with `status`. Returns the body. `headers` as of pt_http_send;
 * `body` may be NULL. */
const char *pt_rig_send(pt_rig *rig, const char *method, const char *target, const char *const *headers, const char *body,
                        int status);

/* The value of a header of the last reply; "" when it is not there. Static storage, until the next call. */
const char *pt_rig_header(const pt_rig *rig, const char *name);

/* Fails the test unless the last reply is {"code", "message", "details"} with this code and a message that contains `text`. */
void pt_rig_expect_error(pt_rig *rig, int code, const char *text);

#endif
