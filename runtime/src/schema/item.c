/* Reading descriptor messages, names in them, and errors about them. */
#include <stdio.h>

#include "schema/load.h"

pt_code pt_load_fail(pt_load *load, pt_code code, const char *format, ...) {
    if (load->code) return load->code;
    va_list args;
    va_start(args, format);
    load->code = pt_status_vset(load->st, code, format, args);
    va_end(args);
    if (load->file && load->st) pt_status_prefix(load->st, "%s", load->file->name);
    return load->code;
}

pt_code pt_load_fail_memory(pt_load *load) {
    return pt_load_fail(load, PT_RESOURCE_EXHAUSTED,
                        "descriptors take more memory than there is, or than their size justifies");
}

void *pt_load_new(pt_load *load, size_t count, size_t size) {
    void *memory = load->code ? NULL : pt_arena_calloc(load->arena, count, size);
    if (!memory) pt_load_fail_memory(load);
    return memory;
}

bool pt_item_next(pt_load *load, pt_reader *r, pt_item *ret) {
    uint32_t number;
    unsigned wire_type;
    if (load->code || r->pos == r->end) return false;
    const uint8_t *start = r->pos;
    bool good = pt_read_tag(r, &number, &wire_type);
    ret->tag = good ? number << 3 | wire_type : 0;
    ret->value = 0;
    ret->bytes = (pt_slice){0};
    if (good && wire_type == PT_WIRE_VARINT)
        good = pt_read_varint(r, &ret->value);
    else if (good && wire_type == PT_WIRE_LEN)
        good = pt_read_bytes(r, &ret->bytes);
    else if (good)
        good = pt_skip_scalar(r, wire_type);
    if (!good) pt_load_fail(load, PT_INVALID_ARGUMENT, "not a descriptor: malformed at byte %zu", (size_t)(start - load->base));
    return good;
}

pt_slice pt_item_find(pt_load *load, pt_slice message, uint32_t number) {
    pt_reader r = pt_reader_of(message);
    pt_slice found = {0};
    pt_item item;
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(number)) found = item.bytes;
    return found;
}

size_t pt_item_count(pt_load *load, pt_slice message, uint32_t tag) {
    pt_reader r = pt_reader_of(message);
    size_t n = 0;
    pt_item item;
    while (pt_item_next(load, &r, &item))
        n += item.tag == tag;
    return n;
}

static bool is_identifier(pt_slice name) {
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return name.len > 0;
}

const char *pt_load_name(pt_load *load, const char *scope, char joint, pt_slice identifier, const char *what) {
    if (load->code) return NULL;
    size_t scope_len = joint ? strlen(scope) : 0;
    if (!is_identifier(identifier)) {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s%s%s has a name that is no identifier", scope, *scope ? ": " : "", what);
        return NULL;
    }
    if (identifier.len + scope_len + 1 > PT_NAME_BYTES) {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%.80s: name of %s is longer than %d bytes", scope, what, PT_NAME_BYTES);
        return NULL;
    }
    const char *text = (const char *)identifier.ptr;
    const char *name = scope_len ? pt_arena_printf(load->arena, "%s%c%.*s", scope, joint, (int)identifier.len, text)
                                 : pt_arena_strndup(load->arena, text, identifier.len);
    if (!name) pt_load_fail_memory(load);
    return name;
}

void pt_load_symbol(pt_load *load, const char *name, pt_symbol_kind kind, const void *target) {
    if (load->code) return;
    pt_catalog *catalog = load->catalog;
    pt_code code = pt_symbols_add(&catalog->names, (pt_symbol){name, strlen(name), kind, target});
    if (!code && kind == PT_SYMBOL_TYPE) code = pt_list_add(&catalog->types, target);
    if (!code && kind == PT_SYMBOL_SERVICE) code = pt_list_add(&catalog->services, target);
    if (!code && kind == PT_SYMBOL_RPC) code = pt_list_add(&catalog->rpcs, target);
    if (code == PT_ALREADY_EXISTS) pt_load_fail(load, code, "%s is defined twice", name);
    if (code) pt_load_fail_memory(load);
}

const void *pt_load_resolve(pt_load *load, pt_slice type_name, pt_symbol_kind kind, const char *scope, const char *name) {
    const char *text = (const char *)type_name.ptr;
    int shown = type_name.len < 200 ? (int)type_name.len : 200;
    if (load->code) return NULL;
    if (type_name.len < 2 || text[0] != '.') {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: its type \"%.*s\" is not named in full (.package.Name), as protoc does",
                     scope, name, shown, text ? text : "");
        return NULL;
    }
    const pt_symbol *symbol = pt_symbols_find(&load->catalog->names, text + 1, type_name.len - 1);
    if (symbol && symbol->kind == kind) return symbol->target;
    if (!symbol)
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: there is no %.*s", scope, name, shown - 1, text + 1);
    else
        pt_load_fail(load, PT_INVALID_ARGUMENT, "%s.%s: %.*s is not %s", scope, name, shown - 1, text + 1,
                     kind == PT_SYMBOL_ENUM ? "an enum" : "a message");
    return NULL;
}
