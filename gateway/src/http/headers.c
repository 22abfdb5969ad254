#include "http/headers.h"

#include <strings.h>

static const char *skip_space(const char *p) {
    while (*p == ' ' || *p == '\t')
        p++;
    return p;
}

/* `; charset=utf-8`, quoted or not, or nothing. */
static bool only_utf8(const char *p) {
    p = skip_space(p);
    if (!*p) return true;
    if (*p != ';') return false;
    p = skip_space(p + 1);
    if (strncasecmp(p, "charset=", 8) != 0) return false;
    p += 8;
    bool quoted = *p == '"';
    p += quoted;
    if (strncasecmp(p, "utf-8", 5) != 0) return false;
    p += 5;
    if (quoted && *p++ != '"') return false;
    return !*skip_space(p);
}

bool pt_content_type_is_json(const char *content_type) {
    static const char application[] = "application/";
    if (!content_type) return false;
    const char *p = skip_space(content_type);
    if (strncasecmp(p, application, sizeof application - 1) != 0) return false;
    p += sizeof application - 1;
    size_t len = strcspn(p, "; \t");
    bool json = len == 4 && !strncasecmp(p, "json", 4);
    bool plus_json = len > 5 && !strncasecmp(p + len - 5, "+json", 5);
    return (json || plus_json) && only_utf8(p + len);
}

bool pt_grpc_timeout_parse(const char *text, uint64_t *ret_ms) {
    static const struct {
        char unit;
        uint64_t ms, parts; /* `parts` of the unit make `ms` milliseconds */
    } units[] = {{'H', 3600000, 1}, {'M', 60000, 1}, {'S', 1000, 1}, {'m', 1, 1}, {'u', 1, 1000}, {'n', 1, 1000000}};
    uint64_t value = 0;
    size_t digits = strspn(text, "0123456789");
    if (!digits || digits > 8 || !text[digits] || text[digits + 1]) return false;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (uint64_t)(text[i] - '0');
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].unit != text[digits]) continue;
        uint64_t ms = (value * units[i].ms + units[i].parts - 1) / units[i].parts;
        *ret_ms = ms ? ms : 1;
        return true;
    }
    return false;
}

static bool is_reserved(const char *key) {
    static const char *const names[] = {"traceparent", "tracestate", "x-request-id", "authorization"};
    size_t len = strlen(key);
    if (!strncasecmp(key, "partie-", 7) || !strncasecmp(key, "grpc-", 5)) return true;
    if (len >= 4 && !strcasecmp(key + len - 4, "-bin")) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcasecmp(key, names[i])) return true;
    return false;
}

pt_code pt_header_to_metadata(const char *name, const char *value, pt_metadata *md, pt_status *st) {
    const size_t prefix = sizeof PT_METADATA_HEADER - 1;
    const char *key = NULL;
    if (!strcasecmp(name, "authorization"))
        key = "authorization";
    else if (!strncasecmp(name, PT_METADATA_HEADER, prefix) && !is_reserved(name + prefix))
        key = name + prefix;
    if (!key) return PT_OK;
    pt_code code = pt_metadata_add_str(md, key, value);
    if (code == PT_INVALID_ARGUMENT) return pt_status_set(st, code, "header %s: name or value can't be metadata", name);
    return code ? pt_status_set(st, code, "header %s: too much metadata", name) : PT_OK;
}

static bool is_printable(const char *text) {
    for (const char *p = text; *p; p++)
        if (*p < 0x20 || *p > 0x7e) return false;
    return true;
}

static bool is_token(const char *text) {
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-.")] == 0;
}

bool pt_metadata_to_header(const char *prefix, const pt_metadata_pair *pair, pt_arena *arena, const char **ret_name,
                           const char **ret_value) {
    if (!is_token(pair->key) || is_reserved(pair->key)) return false;
    const char *value = (const char *)pair->value.ptr;
    if (strlen(value) != pair->value.len || !is_printable(value)) return false;
    const char *name = pt_arena_printf(arena, "%s%s", prefix, pair->key);
    if (!name) return false;
    *ret_name = name;
    *ret_value = value;
    return true;
}
