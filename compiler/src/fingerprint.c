#include "fingerprint.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scalar.h"

/* A message or enum that the method reaches; exactly one of the two is set. */
typedef struct reached {
    const char *name;
    const pt_gen_message *message;
    const pt_gen_enum *enumeration;
    struct reached *next; /* in the order of discovery */
} reached;

typedef struct walk {
    pt_pool pool;
    pt_table known; /* reached, by full name */
    reached *first, *last;
    size_t n;
} walk;

uint64_t pt_fnv1a_64(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static uint32_t fnv1a_32(const char *text, size_t len) {
    uint32_t hash = UINT32_C(0x811c9dc5);
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)text[i]) * UINT32_C(0x01000193);
    return hash;
}

static void reach(walk *w, const char *name, const pt_gen_message *message, const pt_gen_enum *enumeration) {
    if (pt_table_find(&w->known, name)) return;
    reached *type = pt_pool_alloc(&w->pool, 1, sizeof *type);
    *type = (reached){.name = name, .message = message, .enumeration = enumeration};
    *(w->last ? &w->last->next : &w->first) = type;
    w->last = type;
    w->n++;
    pt_table_add(&w->known, &w->pool, name, type);
}

static void reach_fields(walk *w, const pt_gen_message *message) {
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = &message->fields[i];
        if (field->message) reach(w, field->message->decl.full_name, field->message, NULL);
        if (field->enumeration) reach(w, field->enumeration->decl.full_name, NULL, field->enumeration);
    }
}

static const char *label(const pt_gen_field *field) {
    switch (field->presence) {
    case PT_PRESENCE_REQUIRED: return "required";
    case PT_PRESENCE_EXPLICIT: return "optional";
    case PT_PRESENCE_IMPLICIT: return "implicit";
    case PT_PRESENCE_ONEOF: return "oneof ";
    case PT_PRESENCE_REPEATED: return "repeated";
    }
    return "";
}

static void describe_message(const pt_gen_message *message, pt_printer *out) {
    pt_print(out, "message %s\n", message->decl.full_name);
    for (size_t i = 0; i < message->n_fields; i++) {
        const pt_gen_field *field = message->by_number[i];
        const char *type = field->message       ? field->message->decl.full_name
                           : field->enumeration ? field->enumeration->decl.full_name
                                                : field->scalar->name;
        pt_print(out, "%" PRIu32 " %s %s%s %s\n", field->number, field->decl.name, label(field),
                 field->oneof ? field->oneof->decl.name : "", type);
    }
}

static int compare_values(const void *a, const void *b) {
    const pt_gen_value *x = *(const pt_gen_value *const *)a, *y = *(const pt_gen_value *const *)b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return strcmp(x->decl.name, y->decl.name);
}

static void describe_enum(walk *w, const pt_gen_enum *enumeration, pt_printer *out) {
    const pt_gen_value **values = pt_pool_alloc(&w->pool, enumeration->n_values, sizeof(const pt_gen_value *));
    for (size_t i = 0; i < enumeration->n_values; i++)
        values[i] = &enumeration->values[i];
    if (enumeration->n_values) qsort(values, enumeration->n_values, sizeof *values, compare_values);
    pt_print(out, "enum %s\n", enumeration->decl.full_name);
    for (size_t i = 0; i < enumeration->n_values; i++)
        pt_print(out, "%" PRId32 " %s\n", values[i]->number, values[i]->decl.name);
}

static int compare_reached(const void *a, const void *b) {
    return strcmp((*(const reached *const *)a)->name, (*(const reached *const *)b)->name);
}

/* All that the walk reached, by name. */
static const reached **sorted(walk *w) {
    const reached **types = pt_pool_alloc(&w->pool, w->n, sizeof(const reached *));
    size_t n = 0;
    for (const reached *type = w->first; type; type = type->next)
        types[n++] = type;
    qsort(types, n, sizeof *types, compare_reached);
    return types;
}

void pt_describe_contract(const pt_gen_method *method, pt_printer *out) {
    walk w = {.pool = PT_POOL_INIT};
    pt_print(out, "rpc %s%s %s%s\n", method->streaming & PT_STREAMING_CLIENT ? "stream " : "", method->input->decl.full_name,
             method->streaming & PT_STREAMING_SERVER ? "stream " : "", method->output->decl.full_name);
    reach(&w, method->input->decl.full_name, method->input, NULL);
    reach(&w, method->output->decl.full_name, method->output, NULL);
    for (const reached *type = w.first; type; type = type->next)
        if (type->message) reach_fields(&w, type->message);
    const reached **types = sorted(&w);
    for (size_t i = 0; i < w.n; i++) {
        if (types[i]->message)
            describe_message(types[i]->message, out);
        else
            describe_enum(&w, types[i]->enumeration, out);
    }
    pt_table_done(&w.known);
    pt_pool_done(&w.pool);
}

void pt_fingerprint_all(pt_model *model) {
    for (size_t i = 0; i < model->n_files; i++) {
        pt_gen_file *file = &model->files[i];
        for (size_t j = 0; file->generate && j < file->n_services; j++) {
            for (size_t k = 0; k < file->services[j].n_methods; k++) {
                pt_printer text = PT_PRINTER_INIT;
                pt_describe_contract(&file->services[j].methods[k], &text);
                file->services[j].methods[k].contract = fnv1a_32(text.text, text.len);
                pt_printer_done(&text);
            }
        }
    }
}
