/* Loading of descriptors into a schema, in steps over all new files of a set: read the files, declare their types, define the
 * fields, define the services. No step recurses: what nests is put into lists. Descriptors are read with the wire primitives,
 * so that options which no generated struct knows are seen too.
 *
 * Errors are sticky: the first one is kept, and every loop ends. */
#ifndef PT_SCHEMA_LOAD_H
#define PT_SCHEMA_LOAD_H

#include "core/utf8.h"
#include "core/wire.h"
#include "partie/arena.h"
#include "partie/schema.h"
#include "schema/symbols.h"

/* A file of the schema. */
typedef struct pt_loaded_file {
    struct pt_loaded_file *next; /* new files of this set */
    const char *name;
    const char *package; /* "" for none */
    pt_slice bytes;      /* the descriptor without source locations, owned by the arena */
    bool proto3;
    bool built_in; /* files of this name that are added later are taken to be it */
} pt_loaded_file;

/* A new message type and where it is described. */
typedef struct pt_loaded_type {
    struct pt_loaded_type *next;
    const pt_loaded_file *file;
    pt_slice descriptor; /* DescriptorProto */
    unsigned nesting;    /* 0: stands in the file itself */
    pt_type *type;
    pt_field *fields; /* the same as type->fields, while they are written */
} pt_loaded_type;

/* What is known of all files so far. */
typedef struct pt_catalog {
    pt_symbols files;              /* targets: pt_loaded_file */
    pt_symbols names;              /* everything that has a full name; targets: pt_type, pt_enum, the service's name, pt_rpc */
    pt_list types, services, rpcs; /* the targets of each kind, in the order of adding */
} pt_catalog;

/* One loading. */
typedef struct pt_load {
    pt_catalog *catalog;
    pt_arena *arena; /* of what is loaded */
    pt_name_seed seed;
    pt_status *st;
    pt_code code;               /* the first error */
    const pt_loaded_file *file; /* that is being read, for messages; NULL: none yet */
    const uint8_t *base;        /* start of its bytes */
    pt_loaded_file *files, **last_file;
    pt_loaded_type *types, **last_type;
} pt_load;

/* One field of a descriptor message. */
typedef struct pt_item {
    uint32_t tag;   /* PT_ITEM_… */
    uint64_t value; /* of a varint */
    pt_slice bytes; /* of a length-prefixed value */
} pt_item;

#define PT_ITEM_LEN(number) ((uint32_t)(number) << 3 | PT_WIRE_LEN)
#define PT_ITEM_VARINT(number) ((uint32_t)(number) << 3 | PT_WIRE_VARINT)

/* Reads the next field of the descriptor message that `r` walks. False: at its end, malformed (an error then), or there was an
 * error before. */
bool pt_item_next(pt_load *load, pt_reader *r, pt_item *ret);

/* The last field with that number, as bytes; empty when absent. */
pt_slice pt_item_find(pt_load *load, pt_slice message, uint32_t number);

/* How often a field of that tag stands in the message. */
size_t pt_item_count(pt_load *load, pt_slice message, uint32_t tag);

/* Sets the error, unless there is one: "FILE: text". Returns the first error's code. */
pt_code pt_load_fail(pt_load *load, pt_code code, const char *format, ...) PT_PRINTF(3, 4);

/* Out of memory, or over what the set may take. */
pt_code pt_load_fail_memory(pt_load *load);

/* Cleared memory of the schema; NULL with an error set. */
void *pt_load_new(pt_load *load, size_t count, size_t size);

/* A copy of an identifier ([A-Za-z_][A-Za-z0-9_]*), behind the scope and `joint` unless that is NUL or the scope is empty.
 * NULL with an error set: no identifier, or the whole is too long. `what` names it in the error. */
const char *pt_load_name(pt_load *load, const char *scope, char joint, pt_slice identifier, const char *what);

/* Adds a name to everything that has a full name. A second one of the same name is an error. */
void pt_load_symbol(pt_load *load, const char *name, pt_symbol_kind kind, const void *target);

/* Resolves a type_name such as ".events.v1.Event", which `name` in `scope` mentions, to the target of a symbol of that kind.
 * NULL with an error set: there is none. */
const void *pt_load_resolve(pt_load *load, pt_slice type_name, pt_symbol_kind kind, const char *scope, const char *name);

/* The steps. */
void pt_load_files(pt_load *load, pt_slice set);
void pt_load_file(pt_load *load, pt_slice descriptor);
void pt_load_built_in(pt_load *load, pt_slice unused); /* instead: the files of google/protobuf */
void pt_load_imports(pt_load *load);
void pt_load_types(pt_load *load);
void pt_load_fields(pt_load *load);
void pt_load_services(pt_load *load);

#endif
