/* Notes where the fields of a message stand, in the order in which JSON wants them. */
#include <stdlib.h>

#include "json/write.h"

bool pt_json_push_part(pt_json_writer *w, pt_slice part) {
    if (w->n_parts == w->cap_parts) {
        bool owned = w->parts != w->first_parts;
        pt_slice *parts = realloc(owned ? w->parts : NULL, 2 * w->cap_parts * sizeof *parts);
        if (!parts) return pt_json_no_room(&w->report);
        if (!owned) memcpy(parts, w->first_parts, sizeof w->first_parts);
        w->parts = parts;
        w->cap_parts *= 2;
    }
    w->parts[w->n_parts++] = part;
    return true;
}

/* Makes room for one more run. */
static bool widen_runs(pt_json_writer *w) {
    bool owned = w->runs != w->first_runs;
    pt_json_run *runs = realloc(owned ? w->runs : NULL, 2 * w->cap_runs * sizeof *runs);
    if (!runs) return pt_json_no_room(&w->report);
    if (!owned) memcpy(runs, w->first_runs, sizeof w->first_runs);
    w->runs = runs;
    w->cap_runs *= 2;
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
} survey;

static const pt_field *field_of(const survey *s, uint32_t number) {
    const pt_type *type = s->type;
    if (s->next < type->n_fields && type->fields[s->next].number == number) return &type->fields[s->next];
    if (s->field && s->field->number == number) return s->field;
    return pt_type_field(type, number);
}

static bool add_run(pt_json_writer *w, survey *s, const pt_field *field, const uint8_t *start, const uint8_t *end) {
    if (w->n_runs == w->cap_runs && !widen_runs(w)) return false;
    w->runs[w->n_runs++] = (pt_json_run){.field = field, .start = start, .end = end};
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

static bool survey_part(pt_json_writer *w, survey *s, pt_slice part) {
    pt_reader in = pt_reader_of(part);
    uint32_t number;
    unsigned wire_type;
    while (in.pos < in.end) {
        const uint8_t *at = in.pos;
        if (!pt_read_tag(&in, &number, &wire_type)) {
            return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, at, "expected a field's tag");
        }
        const pt_field *field = field_of(s, number);
        if (!pt_skip_scalar(&in, wire_type) && !pt_json_pass_wire(w, &in, at, number, wire_type)) return false;
        if (!field || !pt_json_wire_fits(field, wire_type)) continue;
        if (s->field == field && w->runs[w->n_runs - 1].end == at) {
            w->runs[w->n_runs - 1].end = in.pos;
        } else if (!add_run(w, s, field, at, in.pos)) {
            return false;
        }
    }
    return true;
}

/* Of one oneof's members, only the field that came last counts, and of its occurrences only those behind all other members.
 * Goes backwards from the last run of the oneof and takes the field away from the runs that are overruled. */
static void overrule(pt_json_run *runs, size_t last) {
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

static void resolve_oneofs(pt_json_writer *w, size_t first) {
    pt_json_run *runs = w->runs + first;
    size_t n = w->n_runs - first, kept = 0;
    for (size_t i = n; i-- > 0;) {
        if (runs[i].field && runs[i].field->oneof >= 0 && !runs[i].settled) overrule(runs, i);
    }
    for (size_t i = 0; i < n; i++) {
        if (runs[i].field) runs[kept++] = runs[i];
    }
    w->n_runs = first + kept;
}

/* By field number; runs of the same field stay in the order of the bytes. */
static int compare_runs(const void *a, const void *b) {
    const pt_json_run *left = a, *right = b;
    if (left->field != right->field) return left->field->number < right->field->number ? -1 : 1;
    return left->start < right->start ? -1 : left->start > right->start;
}

bool pt_json_collect(pt_json_writer *w, const pt_type *type, pt_json_range parts, pt_json_range *ret_runs) {
    size_t first = w->n_runs;
    survey s = {.type = type};
    for (size_t i = 0; i < parts.n; i++) {
        if (!survey_part(w, &s, w->parts[parts.first + i])) return false;
    }
    if (s.mixed_oneofs) resolve_oneofs(w, first);
    if (s.unordered) qsort(w->runs + first, w->n_runs - first, sizeof *w->runs, compare_runs);
    *ret_runs = (pt_json_range){first, w->n_runs - first};
    return true;
}

size_t pt_json_same_field(const pt_json_writer *w, pt_json_range runs) {
    const pt_json_run *run = w->runs + runs.first;
    size_t n = 1;
    while (n < runs.n && run[n].field == run[0].field)
        n++;
    return n;
}

pt_json_range pt_json_runs_of(const pt_json_writer *w, pt_json_range runs, uint32_t number) {
    while (runs.n) {
        size_t n = pt_json_same_field(w, runs);
        if (w->runs[runs.first].field->number == number) return (pt_json_range){runs.first, n};
        runs.first += n;
        runs.n -= n;
    }
    return runs;
}
