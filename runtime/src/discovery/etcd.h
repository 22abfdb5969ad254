/* A client of etcd's JSON gateway (/v3/...) for one worker: it goes from member to member as they fail, and every wait ends
 * when the worker is to stop. Not thread-safe. */
#ifndef PT_DISCOVERY_ETCD_H
#define PT_DISCOVERY_ETCD_H

#include "discovery/worker.h"
#include "partie/arena.h"

typedef struct pt_etcd pt_etcd;

/* Longest name of a service, and most members of a cluster. */
#define PT_ETCD_SERVICE_MAX 200
#define PT_ETCD_MEMBERS_MAX 16

/* Room for the prefix of a service's keys. */
#define PT_ETCD_KEY_BYTES (PT_ETCD_SERVICE_MAX + 32)

/* A client for what stands behind "etcd://": "/service", for which `members` says where etcd is (URLs, comma-separated), or
 * "host:port,host:port/service". Opens no connection.
 * INVALID_ARGUMENT: neither of them; RESOURCE_EXHAUSTED: no memory. */
pt_code pt_etcd_new(const char *text, const char *members, pt_etcd **ret_etcd, pt_status *st) PT_MUST_CHECK;
void pt_etcd_free(pt_etcd *etcd);

/* Below which the instances of the service have their keys: "partie/services/SERVICE/". Borrowed. */
const char *pt_etcd_prefix(const pt_etcd *etcd);

/* Makes waits end when the worker is to stop; NULL: they don't. To be set before the first request. */
void pt_etcd_attach(pt_etcd *etcd, pt_worker *worker);

/* A message as etcd's JSON, appended to `json`; and back, members that it doesn't have passed over. Of partie.discovery.v1.
 * DATA_LOSS: it isn't that message; RESOURCE_EXHAUSTED: too large, or no memory. */
pt_code pt_etcd_write(const pt_etcd *etcd, const ProtobufCMessage *message, pt_buf *json, pt_status *st) PT_MUST_CHECK;
pt_code pt_etcd_read(const pt_etcd *etcd, pt_slice json, const ProtobufCMessageDescriptor *type, pt_arena *arena,
                     ProtobufCMessage **ret_message, pt_status *st) PT_MUST_CHECK;

/* Posts a request to a path such as "/v3/kv/put" and unpacks the answer into `arena`. After a failure the next request goes to
 * the next member. UNAVAILABLE: no connection, or an error of etcd; DEADLINE_EXCEEDED: no answer in `timeout_ms`; CANCELLED:
 * the worker is to stop; DATA_LOSS: not the answer that was expected; RESOURCE_EXHAUSTED: too large. */
pt_code pt_etcd_post(pt_etcd *etcd, const char *path, const ProtobufCMessage *request, uint32_t timeout_ms,
                     const ProtobufCMessageDescriptor *type, pt_arena *arena, ProtobufCMessage **ret_reply,
                     pt_status *st) PT_MUST_CHECK;

/* Takes one line of an endless answer, unpacked into memory that lasts for the call. False ends the stream. */
typedef bool pt_etcd_line_fn(void *arg, const ProtobufCMessage *line);

/* The same for an endless answer, a line at a time. OK: `on_line` ended it, or `span_ms` is over. DEADLINE_EXCEEDED: no line
 * came in `timeout_ms`; UNAVAILABLE: as above, or the server ended it. */
pt_code pt_etcd_stream(pt_etcd *etcd, const char *path, const ProtobufCMessage *request, uint32_t timeout_ms, uint32_t span_ms,
                       const ProtobufCMessageDescriptor *type, pt_etcd_line_fn *on_line, void *arg,
                       pt_status *st) PT_MUST_CHECK;

#endif
