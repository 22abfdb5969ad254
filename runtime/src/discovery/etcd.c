#include "discovery/etcd.h"

#include <stdio.h>
#include <stdlib.h>

#include "discovery/poster.h"
#include "partie/discovery/v1/etcd.pb.h"
#include "partie/json.h"

#define NS_PER_MS UINT64_C(1000000)

/* Longest answer, and longest line of an endless one. */
#define ANSWER_BYTES (16u << 20)

/* Memory that an answer may take once it is read. */
#define READ_BYTES (64u << 20)

#define MEMBER_BYTES 256

struct pt_etcd {
    char members[PT_ETCD_MEMBERS_MAX][MEMBER_BYTES]; /* http://host:port */
    size_t n_members, member;                        /* `member` is asked */
    char prefix[PT_ETCD_KEY_BYTES];
    pt_schema *schema;
    pt_poster *poster;
};

/* ---- life ---- */

static pt_code add_members(pt_etcd *e, const char *scheme, pt_slice text, pt_status *st) {
    for (;;) {
        const uint8_t *comma = text.len ? memchr(text.ptr, ',', text.len) : NULL;
        size_t len = comma ? (size_t)(comma - text.ptr) : text.len;
        if (!len || len + strlen(scheme) >= MEMBER_BYTES || e->n_members == PT_ETCD_MEMBERS_MAX)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "members of etcd: expected 1 to %d, separated by commas",
                                 PT_ETCD_MEMBERS_MAX);
        snprintf(e->members[e->n_members++], MEMBER_BYTES, "%s%.*s", scheme, (int)len, (const char *)text.ptr);
        if (!comma) return PT_OK;
        text = pt_slice_of(comma + 1, text.len - len - 1);
    }
}

static pt_code read_target(pt_etcd *e, const char *text, const char *members, pt_status *st) {
    const char *slash = strchr(text, '/'), *service = slash ? slash + 1 : "";
    size_t len = strlen(service);
    if (!len || len > PT_ETCD_SERVICE_MAX || strchr(service, '/')) /* a slash would reach into another service's keys */
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected etcd:///service or etcd://host:port/service");
    snprintf(e->prefix, sizeof e->prefix, "partie/services/%s/", service);
    if (slash == text) return add_members(e, "", pt_slice_str(members), st);
    return add_members(e, "http://", pt_slice_of(text, (size_t)(slash - text)), st);
}

pt_code pt_etcd_new(const char *text, const char *members, pt_etcd **ret_etcd, pt_status *st) {
    const pt_file *file = &partie__discovery__v1__etcd__file;
    pt_etcd *e = calloc(1, sizeof *e);
    if (!e) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "etcd: out of memory");
    pt_code code = read_target(e, text, members, st);
    if (!code && !(e->schema = pt_schema_new())) code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "etcd: out of memory");
    if (!code) code = pt_schema_add_file(e->schema, pt_slice_of(file->descriptor, file->descriptor_len), st);
    if (!code) code = pt_poster_new(&e->poster, st);
    if (code)
        pt_etcd_free(e);
    else
        *ret_etcd = e;
    return code;
}

void pt_etcd_free(pt_etcd *e) {
    if (!e) return;
    pt_schema_free(e->schema);
    pt_poster_free(e->poster);
    free(e);
}

const char *pt_etcd_prefix(const pt_etcd *e) {
    return e->prefix;
}

void pt_etcd_attach(pt_etcd *e, pt_worker *worker) {
    pt_poster_attach(e->poster, worker);
}

/* ---- messages ---- */

pt_code pt_etcd_write(const pt_etcd *e, const ProtobufCMessage *message, pt_buf *json, pt_status *st) {
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *wire = malloc(len ? len : 1);
    if (!wire) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "etcd: out of memory");
    protobuf_c_message_pack(message, wire);
    pt_json_write_options options = PT_JSON_WRITE_OPTIONS_INIT;
    options.proto_names = true;
    pt_code code =
        pt_json_write(pt_schema_type(e->schema, message->descriptor->name), pt_slice_of(wire, len), &options, json, st);
    free(wire);
    return code;
}

pt_code pt_etcd_read(const pt_etcd *e, pt_slice json, const ProtobufCMessageDescriptor *type, pt_arena *arena,
                     ProtobufCMessage **ret_message, pt_status *st) {
    pt_buf wire = PT_BUF_INIT(READ_BYTES);
    pt_json_read_options options = PT_JSON_READ_OPTIONS_INIT;
    options.ignore_unknown = true;
    pt_code code = pt_json_read(pt_schema_type(e->schema, type->name), json, &options, &wire, st);
    ProtobufCMessage *message = code ? NULL : protobuf_c_message_unpack(type, pt_arena_protobuf(arena), wire.len, wire.ptr);
    pt_buf_done(&wire);
    if (code == PT_INVALID_ARGUMENT) {
        if (st) st->code = PT_DATA_LOSS; /* nobody gave a wrong argument */
        return PT_DATA_LOSS;
    }
    if (!code && !message) code = pt_status_set(st, PT_RESOURCE_EXHAUSTED, "it needs more than %u bytes of memory", READ_BYTES);
    if (!code) *ret_message = message;
    return code;
}

/* ---- requests ---- */

/* An answer as it comes. */
typedef struct answer {
    pt_etcd *etcd;
    const ProtobufCMessageDescriptor *type;
    pt_buf bytes; /* what has come and was not taken */
    pt_code code; /* what is wrong with it */
    pt_status *st;

    pt_etcd_line_fn *on_line; /* of a stream */
    void *arg;
    uint64_t span_end_ns;
    bool began, enough; /* a line has come; on_line wants no more */
} answer;

static bool keep_bytes(void *arg, pt_slice bytes) {
    answer *a = arg;
    if (pt_buf_append(&a->bytes, bytes.ptr, bytes.len) == PT_OK) return true;
    a->code = pt_status_set(a->st, PT_RESOURCE_EXHAUSTED, "over %u bytes", ANSWER_BYTES);
    return false;
}

static bool take_line(answer *a, pt_slice json) {
    pt_arena arena;
    ProtobufCMessage *line;
    pt_arena_init(&arena, READ_BYTES);
    a->code = pt_etcd_read(a->etcd, json, a->type, &arena, &line, a->st);
    a->enough = a->code == PT_OK && !a->on_line(a->arg, line);
    pt_arena_done(&arena);
    return a->code == PT_OK && !a->enough;
}

static bool take_lines(void *arg, pt_slice bytes) {
    answer *a = arg;
    if (!keep_bytes(a, bytes)) return false;
    size_t taken = 0;
    bool more = true;
    const uint8_t *end;
    while (more && (end = memchr(a->bytes.ptr + taken, '\n', a->bytes.len - taken))) {
        pt_slice line = pt_slice_of(a->bytes.ptr + taken, (size_t)(end - a->bytes.ptr) - taken);
        taken += line.len + 1;
        more = !line.len || take_line(a, line);
        if (!a->began) pt_poster_extend(a->etcd->poster, a->span_end_ns);
        a->began = true;
    }
    memmove(a->bytes.ptr, a->bytes.ptr + taken, a->bytes.len - taken);
    a->bytes.len -= taken;
    return more;
}

static pt_code post(pt_etcd *e, const char *path, const ProtobufCMessage *request, uint32_t timeout_ms,
                    pt_poster_bytes_fn *on_bytes, answer *a) {
    char url[MEMBER_BYTES + 64];
    snprintf(url, sizeof url, "%s%s", e->members[e->member], path);
    pt_buf json = PT_BUF_INIT(1u << 20);
    pt_code code = pt_etcd_write(e, request, &json, a->st);
    uint64_t until_ns = pt_worker_now_ns() + timeout_ms * NS_PER_MS;
    if (!code) code = pt_poster_post(e->poster, url, pt_buf_slice(&json), until_ns, on_bytes, a, a->st);
    pt_buf_done(&json);
    return code ? code : a->code;
}

/* After a failure another member may do better. */
static pt_code conclude(pt_etcd *e, pt_code code, const char *path, pt_status *st) {
    if (code == PT_OK || code == PT_CANCELLED) return code;
    pt_status_prefix(st, "etcd %s%s", e->members[e->member], path);
    e->member = (e->member + 1) % e->n_members;
    return code;
}

pt_code pt_etcd_post(pt_etcd *e, const char *path, const ProtobufCMessage *request, uint32_t timeout_ms,
                     const ProtobufCMessageDescriptor *type, pt_arena *arena, ProtobufCMessage **ret_reply, pt_status *st) {
    answer a = {.etcd = e, .bytes = PT_BUF_INIT(ANSWER_BYTES), .st = st};
    pt_code code = post(e, path, request, timeout_ms, keep_bytes, &a);
    if (!code) code = pt_etcd_read(e, pt_buf_slice(&a.bytes), type, arena, ret_reply, st);
    pt_buf_done(&a.bytes);
    return conclude(e, code, path, st);
}

pt_code pt_etcd_stream(pt_etcd *e, const char *path, const ProtobufCMessage *request, uint32_t timeout_ms, uint32_t span_ms,
                       const ProtobufCMessageDescriptor *type, pt_etcd_line_fn *on_line, void *arg, pt_status *st) {
    answer a = {.etcd = e, .type = type, .bytes = PT_BUF_INIT(ANSWER_BYTES), .st = st, .on_line = on_line, .arg = arg};
    a.span_end_ns = pt_worker_now_ns() + span_ms * NS_PER_MS;
    pt_code code = post(e, path, request, timeout_ms, take_lines, &a);
    pt_buf_done(&a.bytes);
    if (code == PT_DEADLINE_EXCEEDED && a.began) {
        pt_status_done(st);
        return PT_OK;
    }
    if (code == PT_OK && !a.enough) code = pt_status_set(st, PT_UNAVAILABLE, "the server ended the stream");
    return conclude(e, code, path, st);
}
