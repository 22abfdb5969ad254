/* Last step: services and their methods. */
#include "schema/load.h"

enum { FILE_SERVICE = 6 };
/* ServiceDescriptorProto, MethodDescriptorProto, MethodOptions */
enum { SERVICE_NAME = 1, SERVICE_METHOD = 2 };
enum { METHOD_NAME = 1, METHOD_INPUT = 2, METHOD_OUTPUT = 3, METHOD_OPTIONS = 4, METHOD_CLIENT = 5, METHOD_SERVER = 6 };
enum { OPTIONS_DEPRECATED = 33, OPTIONS_IDEMPOTENCY = 34 };

static void read_options(pt_load *load, pt_rpc *rpc) {
    pt_reader r = pt_reader_of(rpc->options);
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        if (item.tag == PT_ITEM_VARINT(OPTIONS_DEPRECATED)) rpc->deprecated = item.value != 0;
        if (item.tag == PT_ITEM_VARINT(OPTIONS_IDEMPOTENCY))
            rpc->idempotency = item.value <= PT_IDEMPOTENT ? (pt_idempotency)item.value : PT_IDEMPOTENCY_UNKNOWN;
    }
}

/* Options may stand in several pieces, which protobuf merges; one behind the other they mean the same. */
static pt_slice join_options(pt_load *load, pt_slice descriptor) {
    pt_reader r = pt_reader_of(descriptor);
    size_t total = 0, len = 0;
    pt_item item;
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(METHOD_OPTIONS)) total += item.bytes.len;
    uint8_t *joined = total ? pt_load_new(load, total, 1) : NULL;
    if (!joined) return (pt_slice){0};
    r = pt_reader_of(descriptor);
    while (pt_item_next(load, &r, &item)) {
        if (item.tag != PT_ITEM_LEN(METHOD_OPTIONS) || item.bytes.len == 0) continue;
        memcpy(joined + len, item.bytes.ptr, item.bytes.len);
        len += item.bytes.len;
    }
    return (pt_slice){joined, total};
}

static void read_method(pt_load *load, pt_slice descriptor, pt_rpc *rpc) {
    pt_reader r = pt_reader_of(descriptor);
    pt_slice input = {0}, output = {0};
    bool client = false, server = false;
    pt_item item;
    while (pt_item_next(load, &r, &item)) {
        switch (item.tag) {
        case PT_ITEM_LEN(METHOD_INPUT): input = item.bytes; break;
        case PT_ITEM_LEN(METHOD_OUTPUT): output = item.bytes; break;
        case PT_ITEM_VARINT(METHOD_CLIENT): client = item.value != 0; break;
        case PT_ITEM_VARINT(METHOD_SERVER): server = item.value != 0; break;
        }
    }
    rpc->kind = client ? (server ? PT_BIDI_STREAMING : PT_CLIENT_STREAMING) : (server ? PT_SERVER_STREAMING : PT_UNARY);
    rpc->input = pt_load_resolve(load, input, PT_SYMBOL_TYPE, rpc->service, rpc->name);
    rpc->output = pt_load_resolve(load, output, PT_SYMBOL_TYPE, rpc->service, rpc->name);
    rpc->options = join_options(load, descriptor);
    read_options(load, rpc);
}

static void define_method(pt_load *load, const char *service, pt_slice descriptor) {
    pt_rpc *rpc = pt_load_new(load, 1, sizeof *rpc);
    const char *name = pt_load_name(load, service, '/', pt_item_find(load, descriptor, METHOD_NAME), "a method");
    if (!rpc || !name) return;
    rpc->service = service;
    rpc->full_name = name;
    rpc->name = name + strlen(service) + 1;
    read_method(load, descriptor, rpc);
    pt_load_symbol(load, name, PT_SYMBOL_RPC, rpc);
}

static void define_service(pt_load *load, pt_slice descriptor) {
    const char *name = pt_load_name(load, load->file->package, '.', pt_item_find(load, descriptor, SERVICE_NAME), "a service");
    if (!name) return;
    pt_load_symbol(load, name, PT_SYMBOL_SERVICE, name);
    pt_reader r = pt_reader_of(descriptor);
    pt_item item;
    while (pt_item_next(load, &r, &item))
        if (item.tag == PT_ITEM_LEN(SERVICE_METHOD)) define_method(load, name, item.bytes);
}

void pt_load_services(pt_load *load) {
    for (const pt_loaded_file *file = load->files; file && !load->code; file = file->next) {
        load->file = file;
        load->base = file->bytes.ptr;
        pt_reader r = pt_reader_of(file->bytes);
        pt_item item;
        while (pt_item_next(load, &r, &item))
            if (item.tag == PT_ITEM_LEN(FILE_SERVICE)) define_service(load, item.bytes);
    }
}
