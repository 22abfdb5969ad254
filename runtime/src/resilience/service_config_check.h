/* From the messages of a service config to policies, each member checked by the rules of gRFC A6 and A50. Inside of
 * service_config. */
#ifndef PT_RESILIENCE_SERVICE_CONFIG_CHECK_H
#define PT_RESILIENCE_SERVICE_CONFIG_CHECK_H

#include "grpc/service_config/service_config.pb.h"
#include "resilience/service_config.h"

/* Where a member stands, for errors: "methodConfig[2].retryPolicy". */
typedef struct pt_config_place {
    char path[160];
    pt_status *st; /* may be NULL */
} pt_config_place;

pt_config_place pt_config_at(pt_status *st, const char *format, ...) PT_PRINTF(2, 3);

/* Sets "service config: PLACE.member: reason". Returns INVALID_ARGUMENT. */
pt_code pt_config_bad(const pt_config_place *at, const char *member, const char *format, ...) PT_PRINTF(3, 4);

/* A span of time, which must be above 0. Unset: *ret_ns stays. */
pt_code pt_config_span(const pt_config_place *at, const char *member, const Google__Protobuf__Duration *d, uint64_t *ret_ns);

/* The same, and 0 is allowed. */
pt_code pt_config_span_or_zero(const pt_config_place *at, const char *member, const Google__Protobuf__Duration *d,
                               uint64_t *ret_ns);

/* A number from lowest to highest. Unset: *ret stays. */
pt_code pt_config_number(const pt_config_place *at, const char *member, const Google__Protobuf__UInt32Value *value,
                         uint32_t lowest, uint32_t highest, uint32_t *ret);

/* A set of status codes, without OK. None: *ret stays. */
pt_code pt_config_codes(const pt_config_place *at, const char *member, const Google__Rpc__Code *codes, size_t n,
                        pt_code_set *ret);

/* One entry of methodConfig, over the defaults in *ret. */
pt_code pt_config_method(const Grpc__ServiceConfig__MethodConfig *m, size_t index, pt_status *st, pt_method_config *ret);

/* All that is not a methodConfig, over the defaults in *ret, except health_check. */
pt_code pt_config_channel(const Grpc__ServiceConfig__ServiceConfig *c, pt_status *st, pt_channel_policies *ret);

#endif
