/* Notes where the fields of a message stand, by number. */
#include "schema/collect.h"

#include <stdlib.h>

#include "schema/index.h"

void pt_collector_init(pt_collector *c, pt_slice whole, pt_arena *arena) {
    c->runs = c->first_runs;
    c->n_runs = 0;
    c->cap_runs = PT_COLLECT_RUNS_INLINE;
    c->parts = c->first_parts;
    c->parts[0] = whole;
    c->n_parts = 1;
    c->cap_parts = PT_COLLECT_PARTS_INLINE;
    c->arena = arena;
    c->stop = (pt_collect_stop){0};
    c->unknown = false;
}

/* Twice the memory, with what is in it. What it leaves is the arena's, less in all than what is gained. NULL: no memory. */
static void *widen(pt_arena *arena, const void *old, size_t bytes) {
    void *wide = pt_arena_alloc(arena, 2 * bytes);
    if (wide) memcpy(wide, old, bytes);
    return wide;
}

bool pt_push_part(pt_collector *c, pt_slice part) {
    if (c->n_parts == c->cap_parts) {
        pt_slice *parts = widen(c->arena, c->parts, c->cap_parts * sizeof *parts);
        if (!parts) return false;
        c->parts = parts;
        c->cap_parts *= 2;
    }
    c->parts[c->n_parts++] = part;
    return true;
}

/* Makes room for one more run. */
static bool widen_runs(pt_collector *c) {
    pt_run *runs = widen(c->arena, c->runs, c->cap_runs * sizeof *runs);
    if (!runs) return false;
    c->runs = runs;
    c->cap_runs *= 2;
    return true;
}

/* What is known about a message while its tags are read. */
typedef struct survey {
    const pt_type *type;
    const pt_field *field; /* of the last run; NULL: none yet */
    uint32_t next;         /* place of the field that likely comes next */
    uint64_t oneofs;       /* those that had a member: a bit for every 64th */
    bool mixed_oneofs;     /* two fields may be members of one oneof */
    bool unordered;
    bool unknown;
} survey;

static const pt_field *field_of(const survey *s, uint32_t number) {
    const pt_type *type = s->type;
    if (s->next < type->n_fields && type->fields[s->next].number == number) return &type->fields[s->next];
    if (s->field && s->field->number == number) return s->field;
    return pt_type_get_field(type, number);
}

static bool stop(pt_collector *c, const uint8_t *at, uint32_t number) {
    c->stop = (pt_collect_stop){at, number};
    return false;
}

static bool add_run(pt_collector *c, survey *s, const pt_field *field, const uint8_t *start, const uint8_t *end) {
    if (c->n_runs == c->cap_runs && !widen_runs(c)) return stop(c, NULL, 0);
    c->runs[c->n_runs++] = (pt_run){.field = field, .start = start, .end = end};
    s->unordered |= field->index < s->next;
    s->next = field->index + 1;
    s->field = field;
    if (field->oneof >= 0) {
        uint64_t bit = UINT64_C(1) << (field->oneof % 64);
        s->mixed_oneofs |= (s->oneofs & bit) != 0;
        s->oneofs |= bit;
    }
    return true;
}

static bool survey_part(pt_collector *c, survey *s, pt_slice part) {
    pt_reader in = pt_reader_of(part);
    uint32_t number;
    unsigned wire_type;
    while (in.pos < in.end) {
        const uint8_t *at = in.pos;
        if (!pt_read_tag(&in, &number, &wire_type)) return stop(c, at, 0);
        const pt_field *field = field_of(s, number);
        if (!pt_skip_scalar(&in, wire_type) && !pt_pass_value(&in, number, wire_type)) return stop(c, at, number);
        if (!field || !pt_wire_fits(field, wire_type)) {
            s->unknown = true;
            continue;
        }
        if (s->field == field && c->runs[c->n_runs - 1].end == at) {
            c->runs[c->n_runs - 1].end = in.pos;
        } else if (!add_run(c, s, field, at, in.pos)) {
            return false;
        }
    }
    return true;
}

/* Of one oneof's members, only the field that came last counts, and of its occurrences only those behind all other members.
 * Goes backwards from the last run of the oneof and takes the field away from the runs that are overruled. */
static void overrule(pt_run *runs, size_t last) {
    const pt_field *winner = runs[last].field;
    bool overruled = false;
    for (size_t i = last; i-- > 0;) {
        const pt_field *field = runs[i].field;
        if (!field || field->oneof != winner->oneof) continue;
        overruled |= field != winner;
        runs[i].settled = true;
        if (overruled) runs[i].field = NULL;
    }
}

static void resolve_oneofs(pt_collector *c, size_t first) {
    pt_run *runs = c->runs + first;
    size_t n = c->n_runs - first, kept = 0;
    for (size_t i = n; i-- > 0;) {
        if (runs[i].field && runs[i].field->oneof >= 0 && !runs[i].settled) overrule(runs, i);
    }
    for (size_t i = 0; i < n; i++) {
        if (runs[i].field) runs[kept++] = runs[i];
    }
    c->n_runs = first + kept;
}

/* By field number; runs of the same field stay in the order of the bytes. */
static int compare_runs(const void *a, const void *b) {
    const pt_run *left = a, *right = b;
    if (left->field != right->field) return left->field->number < right->field->number ? -1 : 1;
    return left->start < right->start ? -1 : left->start > right->start;
}

bool pt_collect(pt_collector *c, const pt_type *type, pt_range parts, pt_range *ret_runs) {
    size_t first = c->n_runs;
    survey s = {.type = type};
    for (size_t i = 0; i < parts.n; i++) {
        if (!survey_part(c, &s, c->parts[parts.first + i])) return false;
    }
    if (s.mixed_oneofs) resolve_oneofs(c, first);
    if (s.unordered) qsort(c->runs + first, c->n_runs - first, sizeof *c->runs, compare_runs);
    c->unknown = s.unknown;
    *ret_runs = (pt_range){first, c->n_runs - first};
    return true;
}

size_t pt_same_field(const pt_collector *c, pt_range runs) {
    const pt_run *run = c->runs + runs.first;
    size_t n = 1;
    while (n < runs.n && run[n].field == run[0].field)
        n++;
    return n;
}

pt_range pt_runs_of(const pt_collector *c, pt_range runs, uint32_t number) {
    while (runs.n) {
        size_t n = pt_same_field(c, runs);
        if (c->runs[runs.first].field->number == number) return (pt_range){runs.first, n};
        runs.first += n;
        runs.n -= n;
    }
    return runs;
}
