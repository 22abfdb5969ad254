#include "program/backends.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "partie/json.h"
#include "partie/kit/log.h"
#include "program/backend.h"

#define DESCRIPTOR_SET_BYTES (64u << 20)
#define SERVICES_BYTES (1u << 20)

void pt_backends_warn(const char *warning, void *arg) {
    (void)arg;
    pt_log(PT_LOG_WARN, NULL, "routes: %s", warning);
}

static pt_code read_file(const char *path, pt_buf *out, pt_status *st) {
    FILE *f = fopen(path, "rb");
    if (!f) return pt_status_set(st, PT_NOT_FOUND, "--descriptor-set %s: %s", path, strerror(errno));
    pt_code code = PT_OK;
    size_t got = 1;
    while (!code && got) {
        code = pt_buf_reserve(out, 65536);
        if (code) break;
        got = fread(out->ptr + out->len, 1, 65536, f);
        out->len += got;
    }
    bool failed = ferror(f);
    fclose(f);
    if (code) return pt_status_set(st, code, "--descriptor-set %s: over 64 MiB, or out of memory", path);
    return failed ? pt_status_set(st, PT_NOT_FOUND, "--descriptor-set %s: can't be read", path) : PT_OK;
}

static pt_code add_file(pt_schema *schema, const char *path, pt_status *st) {
    pt_buf bytes = PT_BUF_INIT(DESCRIPTOR_SET_BYTES);
    pt_code code = read_file(path, &bytes, st);
    if (!code) {
        code = pt_schema_add_set(schema, pt_buf_slice(&bytes), st);
        if (code) pt_status_prefix(st, "--descriptor-set %s (made with --include_imports?)", path);
    }
    pt_buf_done(&bytes);
    return code;
}

static pt_code read_files(const char *const *paths, size_t n, pt_schema **ret_schema, pt_status *st) {
    pt_schema *schema = pt_schema_new();
    pt_code code = schema ? PT_OK : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "descriptor sets: out of memory");
    for (size_t i = 0; !code && i < n; i++)
        code = add_file(schema, paths[i], st);
    if (code)
        pt_schema_free(schema);
    else
        *ret_schema = schema;
    return code;
}

pt_code pt_backends_check_files(const char *const *paths, size_t n, pt_status *st) {
    pt_schema *schema;
    pt_code code = read_files(paths, n, &schema, st);
    if (!code) pt_schema_free(schema);
    return code;
}

static pt_code load_files(pt_backends *b, const pt_backends_options *options, pt_status *st) {
    pt_schema *schema;
    if (!options->n_descriptor_sets) return PT_OK;
    pt_code code = read_files(options->descriptor_sets, options->n_descriptor_sets, &schema, st);
    return code ? code : pt_contract_new(schema, pt_backends_warn, NULL, &b->files, st);
}

static pt_code open_channels(pt_backends *b, const pt_backends_options *options, pt_status *st) {
    b->list = calloc(options->n_urls, sizeof *b->list);
    if (!b->list) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "backends: out of memory");
    for (size_t i = 0; i < options->n_urls; i++) {
        pt_backend *one = &b->list[i];
        one->url = options->urls[i];
        one->all = b;
        pt_context_init(&one->context);
        pt_arena_init(&one->arena, SERVICES_BYTES);
        b->n++;
        pt_code code = pt_channel_open(one->url, &options->channel, &one->channel, st);
        if (code) {
            pt_status_prefix(st, "--backend %s", one->url);
            return code;
        }
    }
    return PT_OK;
}

pt_code pt_backends_new(const pt_backends_options *options, pt_backends **ret_backends, pt_status *st) {
    pt_backends *b = calloc(1, sizeof *b);
    if (!b) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "backends: out of memory");
    pthread_cond_init(&b->wake, NULL);
    pthread_mutex_init(&b->lock, NULL);
    pt_code code = load_files(b, options, st);
    if (!code) code = open_channels(b, options, st);
    if (!code) code = pt_backends_rebuild(b, st);
    if (code) {
        pt_backends_stop(b);
        pt_backends_free(b);
        return code;
    }
    *ret_backends = b;
    return PT_OK;
}

pt_code pt_backends_start(pt_backends *b, pt_status *st) {
    if (pthread_create(&b->thread, NULL, pt_discovery_run, b))
        return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "backends: no thread: %s", strerror(errno));
    b->started = true;
    return PT_OK;
}

void pt_backends_stop(pt_backends *b) {
    if (b->started) {
        pthread_mutex_lock(&b->lock);
        b->stop = true;
        pthread_cond_signal(&b->wake);
        pthread_mutex_unlock(&b->lock);
        pthread_join(b->thread, NULL);
        b->started = false;
    }
    for (size_t i = 0; i < b->n; i++) {
        pt_channel_close(b->list[i].channel);
        b->list[i].channel = NULL;
    }
}

void pt_backends_free(pt_backends *b) {
    if (!b) return;
    for (size_t i = 0; i < b->n; i++) {
        pt_context_done(&b->list[i].context);
        pt_contract_unref(b->list[i].contract);
        pt_arena_done(&b->list[i].arena);
        free(b->list[i].error);
    }
    free(b->list);
    pt_contract_unref(b->files);
    pt_table_unref(b->table);
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->wake);
    free(b);
}

/* Contracts from files stand in place of what the services say themselves. */
static void leave_out_known(const pt_contract *files, const char **services, size_t *n) {
    size_t known, kept = 0;
    const char *const *names = pt_schema_services(files->schema, &known);
    for (size_t i = 0; i < *n; i++) {
        bool found = false;
        for (size_t k = 0; k < known && !found; k++)
            found = !strcmp(names[k], services[i]);
        if (!found) services[kept++] = services[i];
    }
    *n = kept;
}

static pt_code collect_sources(const pt_backends *b, pt_arena *arena, pt_table_source *sources, size_t *ret_n) {
    size_t n = 0;
    /* With a single backend there is nothing to choose, so nothing to ask. */
    if (b->files && b->n == 1) sources[n++] = (pt_table_source){.contract = b->files, .backend = 0};
    for (size_t i = 0; b->files && b->n > 1 && i < b->n; i++) {
        const pt_backend *one = &b->list[i];
        if (!one->n_services) continue;
        sources[n++] =
            (pt_table_source){.contract = b->files, .backend = i, .services = one->services, .n_services = one->n_services};
    }
    for (size_t i = 0; i < b->n; i++) {
        const pt_backend *one = &b->list[i];
        if (!one->contract) continue;
        const char **services = pt_arena_copy(arena, one->services, one->n_services * sizeof *services);
        size_t n_services = one->n_services;
        if (!services) return PT_RESOURCE_EXHAUSTED;
        if (b->files) leave_out_known(b->files, services, &n_services);
        sources[n++] =
            (pt_table_source){.contract = one->contract, .backend = i, .services = services, .n_services = n_services};
    }
    *ret_n = n;
    return PT_OK;
}

static const char *waiting_for(const pt_backends *b, pt_arena *arena) {
    const char *text = "";
    for (size_t i = 0; text && i < b->n; i++)
        if (!b->list[i].answered && !(b->files && b->n == 1))
            text = pt_arena_printf(arena, "%s%s%s", text, *text ? ", " : "", b->list[i].url);
    return text;
}

pt_code pt_backends_rebuild(pt_backends *b, pt_status *st) {
    pt_arena arena;
    pt_table *table = NULL;
    size_t n = 0;
    pt_arena_init(&arena, 16u << 20);
    pt_table_source *sources = pt_arena_calloc(&arena, 2 * b->n, sizeof *sources);
    const char *waiting = waiting_for(b, &arena);
    pt_code code = sources && waiting ? collect_sources(b, &arena, sources, &n) : PT_RESOURCE_EXHAUSTED;
    if (code)
        pt_status_set(st, code, "routes: out of memory");
    else
        code = pt_table_new(sources, n, waiting, pt_backends_warn, NULL, &table, st);
    pt_arena_done(&arena);
    if (code) return code;

    pthread_mutex_lock(&b->lock);
    pt_table *old = b->table;
    b->table = table;
    __atomic_add_fetch(&b->generation, 1, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&b->lock);
    pt_table_unref(old);
    return PT_OK;
}

uint64_t pt_backends_generation(const pt_backends *b) {
    return __atomic_load_n(&b->generation, __ATOMIC_ACQUIRE);
}

pt_table *pt_backends_table(pt_backends *b) {
    pthread_mutex_lock(&b->lock);
    pt_table *table = pt_table_ref(b->table);
    pthread_mutex_unlock(&b->lock);
    return table;
}

pt_channel *pt_backends_channel(const pt_backends *b, size_t backend) {
    return b->list[backend].channel;
}

const char *pt_backends_url(const pt_backends *b, size_t backend) {
    return b->list[backend].url;
}

static pt_code write_backend(const pt_backend *one, pt_buf *out) {
    static const char *const states[] = {"unknown", "up", "down"};
    pt_code code = pt_buf_append_str(out, "{\"url\":");
    if (!code) code = pt_json_quote(out, pt_slice_str(one->url));
    if (!code) code = pt_buf_printf(out, ",\"state\":\"%s\",\"services\":[", states[one->state]);
    for (size_t i = 0; !code && i < one->n_services; i++) {
        if (i) code = pt_buf_append_byte(out, ',');
        if (!code) code = pt_json_quote(out, pt_slice_str(one->services[i]));
    }
    if (!code) code = pt_buf_append_byte(out, ']');
    if (!code && one->error) code = pt_buf_append_str(out, ",\"error\":");
    if (!code && one->error) code = pt_json_quote(out, pt_slice_str(one->error));
    return code ? code : pt_buf_append_byte(out, '}');
}

pt_code pt_backends_write(pt_backends *b, pt_buf *out) {
    pt_code code = pt_buf_append_byte(out, '[');
    pthread_mutex_lock(&b->lock);
    for (size_t i = 0; !code && i < b->n; i++) {
        if (i) code = pt_buf_append_byte(out, ',');
        if (!code) code = write_backend(&b->list[i], out);
    }
    pthread_mutex_unlock(&b->lock);
    return code ? code : pt_buf_append_byte(out, ']');
}
