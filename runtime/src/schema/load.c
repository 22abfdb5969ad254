/* First step: the files of a set, and whether what they import is there. */
#include "schema/load.h"

/* google.protobuf.FileDescriptorSet and FileDescriptorProto */
enum { SET_FILE = 1 };
enum { FILE_NAME = 1, FILE_PACKAGE = 2, FILE_DEPENDENCY = 3, FILE_SOURCE_CODE_INFO = 9, FILE_SYNTAX = 12, FILE_EDITION = 14 };

/* A copy of the descriptor without source locations, so that files are the same however they were compiled. */
static pt_slice copy_descriptor(pt_load *load, pt_slice descriptor) {
    uint8_t *copy = pt_load_new(load, descriptor.len, 1);
    size_t len = 0;
    pt_reader r = pt_reader_of(descriptor);
    pt_item item;
    if (!copy) return (pt_slice){0};
    for (const uint8_t *start = r.pos; pt_item_next(load, &r, &item); start = r.pos) {
        if (item.tag == PT_ITEM_LEN(FILE_SOURCE_CODE_INFO)) continue;
        memcpy(copy + len, start, (size_t)(r.pos - start));
        len += (size_t)(r.pos - start);
    }
    return (pt_slice){copy, len};
}

static bool is_package(pt_slice package) {
    for (size_t i = 0; i < package.len; i++) {
        uint8_t c = package.ptr[i], before = i ? package.ptr[i - 1] : '.';
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_', digit = c >= '0' && c <= '9';
        if (!(letter || (digit && before != '.') || (c == '.' && before != '.'))) return false;
    }
    return package.len == 0 || package.ptr[package.len - 1] != '.';
}

/* Reads name, package and syntax. */
static void read_header(pt_load *load, pt_loaded_file *file) {
    pt_reader r = pt_reader_of(file->bytes);
    pt_slice name = {0}, package = {0}, syntax = {0};
    bool edition = false;
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        switch (item.tag) {
        case PT_ITEM_LEN(FILE_NAME): name = item.bytes; break;
        case PT_ITEM_LEN(FILE_PACKAGE): package = item.bytes; break;
        case PT_ITEM_LEN(FILE_SYNTAX): syntax = item.bytes; break;
        case PT_ITEM_VARINT(FILE_EDITION): edition = true; break;
        }
    }
    if (load->code) return;
    if (name.len == 0 || name.len > PT_NAME_BYTES || pt_utf8_find_bad_or_nul(name)) {
        pt_load_fail(load, PT_INVALID_ARGUMENT, "not a descriptor: a file without a usable name");
        return;
    }
    file->name = pt_arena_strndup(load->arena, (const char *)name.ptr, name.len);
    file->package = pt_arena_strndup(load->arena, (const char *)package.ptr, package.len);
    if (!file->name || !file->package) {
        pt_load_fail_memory(load);
        return;
    }
    load->file = file;
    file->proto3 = pt_slice_equal(syntax, pt_slice_str("proto3"));
    if (edition || pt_slice_equal(syntax, pt_slice_str("editions")))
        pt_load_fail(load, PT_INVALID_ARGUMENT, "editions are not supported; use syntax = \"proto3\"");
    else if (!file->proto3 && syntax.len > 0 && !pt_slice_equal(syntax, pt_slice_str("proto2")))
        pt_load_fail(load, PT_INVALID_ARGUMENT, "syntax is neither proto2 nor proto3");
    if (package.len > PT_NAME_BYTES || !is_package(package))
        pt_load_fail(load, PT_INVALID_ARGUMENT, "the package is no dotted name");
}

void pt_load_file(pt_load *load, pt_slice descriptor) {
    pt_loaded_file *file = pt_load_new(load, 1, sizeof *file);
    if (!file) return;
    load->file = NULL;
    file->bytes = copy_descriptor(load, descriptor);
    load->base = file->bytes.ptr;
    read_header(load, file);
    if (load->code) return;
    size_t len = strlen(file->name);
    const pt_symbol *known = pt_symbols_find(&load->catalog->files, file->name, len);
    const pt_loaded_file *before = known ? known->target : NULL;
    if (before && (before->built_in || pt_slice_equal(before->bytes, file->bytes))) return;
    if (before) {
        pt_load_fail(load, PT_ALREADY_EXISTS, "another file of this name, with other content, was added before");
        return;
    }
    if (pt_symbols_add(&load->catalog->files, (pt_symbol){file->name, len, PT_SYMBOL_FILE, file})) pt_load_fail_memory(load);
    *load->last_file = file;
    load->last_file = &file->next;
}

void pt_load_files(pt_load *load, pt_slice set) {
    pt_reader r = pt_reader_of(set);
    pt_item item;
    for (;;) {
        load->file = NULL;
        load->base = set.ptr;
        if (!pt_item_next(load, &r, &item)) return;
        if (item.tag != PT_ITEM_LEN(SET_FILE)) {
            pt_load_fail(load, PT_INVALID_ARGUMENT, "not a FileDescriptorSet: it holds something that is no file");
            return;
        }
        load->base = item.bytes.ptr;
        pt_load_file(load, item.bytes);
    }
}

void pt_load_imports(pt_load *load) {
    for (const pt_loaded_file *file = load->files; file && !load->code; file = file->next) {
        load->file = file;
        load->base = file->bytes.ptr;
        pt_reader r = pt_reader_of(file->bytes);
        pt_item item;
        while (pt_item_next(load, &r, &item)) {
            if (item.tag != PT_ITEM_LEN(FILE_DEPENDENCY)) continue;
            const char *name = (const char *)item.bytes.ptr;
            if (pt_symbols_find(&load->catalog->files, name, item.bytes.len)) continue;
            pt_load_fail(load, PT_INVALID_ARGUMENT, "its import \"%.*s\" is missing: add it before or in the same set",
                         (int)(item.bytes.len < 200 ? item.bytes.len : 200), name ? name : "");
        }
    }
}
