/* Emitters: each turns the model into files of one kind. To add a kind, write emit_KIND.c with one pt_emit_fn and add a row to
 * the table in emit.c; `--partie_out=kind=KIND:DIR` then selects it and --help lists it. */
#ifndef PARTIE_COMPILER_EMIT_H
#define PARTIE_COMPILER_EMIT_H

#include "model.h"

/* The files of one run, in the order in which they were added. Start with PT_OUTPUT_INIT, end with pt_output_done. */
typedef struct pt_output_file {
    const char *path; /* below the output folder; borrowed from the model's pool */
    pt_printer text;
} pt_output_file;

typedef struct pt_output {
    pt_output_file **files;
    size_t n_files, capacity;
} pt_output;

#define PT_OUTPUT_INIT                                                                                                         \
    { .files = NULL }

/* Starts a file. The printer belongs to the output and stays where it is. `path` is borrowed. */
pt_printer *pt_output_add(pt_output *out, const char *path);

/* Frees all files. */
void pt_output_done(pt_output *out);

/* Emits what one file of the contract asks for; called for each file with `generate` set, in the request's order. An
 * emitter that can't do its work says so with pt_model_error; then nothing of the run is written. */
typedef void pt_emit_fn(pt_model *model, const pt_gen_file *file, pt_output *out);

typedef struct pt_emitter {
    const char *kind; /* value of the `kind` parameter */
    const char *help; /* one line for --help */
    pt_emit_fn *emit;
} pt_emitter;

/* The emitter of a kind; NULL: there is none. */
const pt_emitter *pt_emitter_find(const char *kind);

/* All kinds, ended by a row whose kind is NULL; the first is the default. */
extern const pt_emitter pt_emitters[];

/* kind=code: X.pb.h and X.pb.c, and where the file has services X.rpc.h and X.rpc.c. */
pt_emit_fn pt_emit_code;

/* kind=tests: X_contract.c. kind=handlers: handlers.h, handlers.c. kind=scaffold: a service's folder. Each for files with
 * services only. */
pt_emit_fn pt_emit_tests;
pt_emit_fn pt_emit_handlers;
pt_emit_fn pt_emit_scaffold;

/* The parts of kind=code, each into a printer of its own. */
void pt_emit_pb_h(pt_model *model, const pt_gen_file *file, pt_printer *out);
void pt_emit_pb_c(pt_model *model, const pt_gen_file *file, pt_printer *out);
void pt_emit_rpc_h(pt_model *model, const pt_gen_file *file, pt_printer *out);
void pt_emit_rpc_c(pt_model *model, const pt_gen_file *file, pt_printer *out);

/* Part of X.rpc.h: the inline stubs of a streaming method, number `index` of its service. The printer knows both. */
void pt_emit_stream_client(pt_model *model, const pt_gen_method *method, size_t index, pt_printer *out);
void pt_emit_stream_server(const pt_gen_method *method, pt_printer *out);

/* True when the client, or the server, sends any number of messages. */
bool pt_client_streams(const pt_gen_method *method);
bool pt_server_streams(const pt_gen_method *method);

/* The parameters of a method's handler, parentheses included; lines after the first begin with `indent`. */
void pt_emit_handler_params(const pt_gen_method *method, const char *indent, pt_printer *out);

/* The same, and the body of a handler that answers UNIMPLEMENTED: the rpc's name and then `why`. */
void pt_emit_refusing_handler(const pt_gen_method *method, const char *why, pt_printer *out);

/* Set the variables that templates know a declaration by.
 * Message: $type$ $lower$ $upper$ $full$ $short$. Service: the same. Method: $rpc$ (name of its stub), $member$ and $batch$ (of
 * the handler struct; the latter of a unary method only), $input$ and $output$ (C types), $wire$ (full name on the wire). */
void pt_let_message(pt_printer *out, const pt_gen_message *message);
void pt_let_service(pt_printer *out, const pt_gen_service *service);
void pt_let_method(pt_printer *out, const pt_gen_method *method);

/* First line of every generated file. */
void pt_emit_banner(const pt_gen_file *file, pt_printer *out);

#endif
