/* The HTTP answer of a request. */
#ifndef PT_PROGRAM_ANSWER_H
#define PT_PROGRAM_ANSWER_H

#include "program/request.h"

/* Makes the answer out of what the request came to: the reply of its call, its error, or the text in `out`; and hands it to
 * libmicrohttpd. MHD_NO: no memory, the connection is closed. */
enum MHD_Result pt_request_answer(pt_request *r);

/* The HTTP status that the answer has, or will have. */
int pt_request_status(const pt_request *r);

#endif
