/* google.protobuf.Any: an object whose "@type" says what its other members are. */
#include "json/read.h"

enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };

static bool named(pt_json_reader *r, pt_json_string name, const char *what, bool *ret) {
    pt_slice plain;
    if (!pt_json_plain(r, name, &r->name, &plain)) return false;
    *ret = pt_slice_equal(plain, pt_slice_str(what));
    return true;
}

/* Looks through the object for its "@type", which may stand anywhere, and goes back to where it was. ret_url->ptr is NULL when
 * the object has no member at all. */
static bool find_url(pt_json_reader *r, pt_slice *ret_url, const uint8_t **ret_at) {
    const uint8_t *start = r->x.pos;
    pt_json_string name;
    bool more, match, first = true;
    for (;; first = false) {
        if (!pt_json_next_member(&r->x, first, &name, &more)) return false;
        if (!more) break;
        if (!named(r, name, "@type", &match)) return false;
        if (match) {
            *ret_at = r->x.pos;
            if (!pt_json_take_string(r, ret_url)) return false;
            r->x.pos = start;
            return true;
        }
        if (!pt_json_pass_value(&r->x, r->depth, NULL)) return false;
    }
    if (!first) return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, start - 1, "@type is missing");
    *ret_url = (pt_slice){NULL, 0};
    return true;
}

static const pt_type *type_of(pt_json_reader *r, pt_slice url, const uint8_t *at) {
    const uint8_t *slash = url.len ? memrchr(url.ptr, '/', url.len) : NULL;
    if (!slash || slash == url.ptr) {
        pt_json_refuse(&r->x.report, at, r->x.end, "expected a type URL such as type.googleapis.com/events.v1.Event");
        return NULL;
    }
    const char *name = (const char *)slash + 1;
    size_t len = (size_t)(url.ptr + url.len - slash - 1);
    const pt_type *type = r->options.schema ? pt_schema_type_n(r->options.schema, name, len) : NULL;
    if (!type) pt_json_refuse(&r->x.report, at, r->x.end, "unknown type");
    return type;
}

/* The members of an Any whose type has a JSON form of its own: "@type" and "value". */
static bool read_wrapped(pt_json_reader *r, const pt_type *type, const uint8_t *start) {
    pt_json_string name;
    bool more, is_value, is_type, seen_value = false, seen_type = false;
    for (bool first = true;; first = false) {
        if (!pt_json_next_member(&r->x, first, &name, &more)) return false;
        if (!more) break;
        if (!named(r, name, "value", &is_value) || !named(r, name, "@type", &is_type)) return false;
        if ((is_value && seen_value) || (is_type && seen_type)) {
            return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, name.text.ptr - 1, "this member is there twice");
        }
        seen_value |= is_value;
        seen_type |= is_type;
        if (is_value) {
            if (!pt_json_read_content(r, type)) return false;
        } else if (is_type ? !pt_json_pass_value(&r->x, r->depth, NULL) : !pt_json_unknown_member(r, name)) {
            return false;
        }
    }
    if (seen_value || type->well_known == PT_WK_EMPTY) return true;
    return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, start - 1, "the member value is missing");
}

static bool read_any_members(pt_json_reader *r) {
    const uint8_t *start = r->x.pos, *at = start;
    pt_slice url;
    size_t mark;
    if (!find_url(r, &url, &at)) return false;
    if (!url.ptr) return true;
    const pt_type *type = type_of(r, url, at);
    if (!type || !pt_json_store_bytes(r, ANY_TYPE_URL, url) || !pt_json_begin(r, ANY_VALUE, &mark)) return false;
    size_t before = r->out->len;
    bool ok = type->well_known ? read_wrapped(r, type, start) : pt_json_read_members(r, type, true);
    if (!ok) return false;
    if (r->out->len > before) return pt_json_end(r, mark) >= 0;
    r->out->len = mark - 1; /* no content: the field is left out, with its one-byte tag */
    return true;
}

bool pt_json_read_any(pt_json_reader *r) {
    if (!pt_json_enter(r, '{', "an object")) return false;
    bool ok = read_any_members(r);
    pt_json_leave(r);
    return ok;
}
