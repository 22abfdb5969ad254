/* Objects as messages. */
#include <stdlib.h>

#include "json/read.h"

#define SEEN_WORDS 4

/* What one object needs while its members are read. */
typedef struct members {
    const pt_type *type;
    uint32_t next;              /* place of the field that comes next when the members stand in the order of the contract */
    uint64_t words[SEEN_WORDS]; /* enough for most types */
    uint64_t *seen;             /* one bit a field and, behind them, a oneof; `words` or owned */
    pt_json_scope scope;        /* names that became entries of the inline field */
    const pt_field *inlined;    /* that field, or NULL */
    bool any, url_seen;         /* the object is an Any's, and its "@type" was passed */
} members;

static bool members_init(pt_json_reader *r, members *m, const pt_type *type, bool any) {
    size_t words = ((size_t)type->n_fields + type->n_oneofs + 63) / 64;
    m->type = type;
    m->next = 0;
    m->any = any;
    m->url_seen = false;
    m->inlined = r->options.annotations ? type->inline_field : NULL;
    pt_json_scope_begin(&r->keys, &m->scope);
    memset(m->words, 0, sizeof m->words);
    m->seen = words <= SEEN_WORDS ? m->words : calloc(words, sizeof *m->seen);
    return m->seen || pt_json_no_room(&r->x.report);
}

static void members_done(pt_json_reader *r, members *m) {
    if (m->seen != m->words) free(m->seen);
    pt_json_scope_end(&r->keys, &m->scope);
}

/* Notes it; true when it was noted before. */
static bool seen_before(members *m, size_t bit) {
    uint64_t mask = UINT64_C(1) << (bit % 64), *word = &m->seen[bit / 64];
    bool before = *word & mask;
    *word |= mask;
    return before;
}

/* Names are short: a loop beats two calls. A NUL in `name` matches nothing, so it isn't read beyond the end of `own`. */
static bool same_name(const char *own, pt_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        if ((uint8_t)own[i] != name.ptr[i] || !own[i]) return false;
    }
    return own[name.len] == '\0';
}

static const pt_field *find_field(members *m, pt_slice name) {
    const pt_type *type = m->type;
    if (m->next < type->n_fields) {
        const pt_field *likely = &type->fields[m->next];
        if (same_name(likely->json_name, name)) {
            m->next++;
            return likely;
        }
    }
    const pt_field *field = pt_type_field_json(type, (const char *)name.ptr, name.len);
    if (field) m->next = field->index + 1;
    return field;
}

bool pt_json_unknown_member(pt_json_reader *r, pt_json_string name) {
    if (r->options.ignore_unknown) return pt_json_pass_value(&r->x, r->depth, NULL);
    return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, name.text.ptr - 1, "unknown member");
}

static bool twice(pt_json_reader *r, const uint8_t *at) {
    return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, at, "this member is there twice");
}

static bool read_field(pt_json_reader *r, members *m, const pt_field *field, const uint8_t *at) {
    if (field == m->inlined) {
        return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, at, "its entries are members of the enclosing object");
    }
    if (seen_before(m, field->index)) return twice(r, at);
    if (pt_json_peek(&r->x) == 'n' && !pt_json_null_counts(r, field) && pt_json_take_word(&r->x, "null")) return true;
    if (field->oneof >= 0 && seen_before(m, m->type->n_fields + (size_t)field->oneof)) {
        return pt_json_fail(&r->x.report, PT_INVALID_ARGUMENT, at, "another member of oneof %s is set",
                            m->type->oneof_names[field->oneof]);
    }
    return pt_json_read_whole(r, field);
}

static bool read_member(pt_json_reader *r, members *m, pt_json_string name) {
    pt_slice plain;
    if (!pt_json_plain(r, name, &r->name, &plain)) return false;
    const uint8_t *at = name.text.ptr - 1;
    const pt_field *field = find_field(m, plain);
    pt_json_step *step = r->x.report.step;
    step->field = field;
    step->key = field ? (pt_slice){NULL, 0} : name.text;
    if (field) return read_field(r, m, field, at);
    if (m->any && pt_slice_equal(plain, pt_slice_str("@type"))) {
        if (m->url_seen) return twice(r, at);
        m->url_seen = true;
        return pt_json_pass_value(&r->x, r->depth, NULL);
    }
    if (m->inlined) return pt_json_read_inline(r, m->inlined, &m->scope, plain, at);
    return pt_json_unknown_member(r, name);
}

bool pt_json_read_members(pt_json_reader *r, const pt_type *type, bool any) {
    members m;
    if (!members_init(r, &m, type, any)) return false;
    pt_json_step step = {.parent = r->x.report.step, .index = PT_JSON_NO_INDEX};
    r->x.report.step = &step;
    pt_json_string name;
    bool ok = true, more = true;
    for (bool first = true; ok && more; first = false) {
        ok = pt_json_next_member(&r->x, first, &name, &more);
        if (ok && more) {
            ok = read_member(r, &m, name);
            step.field = NULL;
            step.key.ptr = NULL;
        }
    }
    r->x.report.step = (pt_json_step *)step.parent;
    members_done(r, &m);
    return ok;
}

bool pt_json_read_content(pt_json_reader *r, const pt_type *type) {
    if (type->well_known != PT_WK_NONE) return pt_json_read_wellknown(r, type);
    if (!pt_json_enter(r, '{', "an object")) return false;
    bool ok = pt_json_read_members(r, type, false);
    pt_json_leave(r);
    return ok;
}
