#include "scaffold/service.h"

#include <errno.h>
#include <stdio.h>

#include "scaffold/c_scan.h"

/* An update of services/NAME. */
typedef struct update {
    const pt_service_name *name;
    const char *draft;
    char folder[PT_PATH_BYTES];
    pt_buf handlers;  /* draft's handler.c */
    pt_buf old_gen;   /* gen/handlers.h that is there */
    pt_buf new_gen;   /* gen/handlers.h of the draft */
    pt_buf sources;   /* the service's own C files, one behind the other */
    pt_buf additions; /* what handler.c gets */
    bool changed;
} update;

static void update_done(update *u) {
    pt_buf_done(&u->handlers);
    pt_buf_done(&u->old_gen);
    pt_buf_done(&u->new_gen);
    pt_buf_done(&u->sources);
    pt_buf_done(&u->additions);
}

static bool is_c_file(const char *name) {
    size_t len = strlen(name);
    return len > 2 && name[0] != '.' && strcmp(name + len - 2, ".c") == 0;
}

static pt_code read_source(const char *name, void *arg, pt_status *st) {
    update *u = arg;
    char path[PT_PATH_BYTES];
    if (!is_c_file(name)) return PT_OK;
    pt_code code = pt_file_read(pt_path(path, "%s/%s", u->folder, name), &u->sources, st);
    /* so that an unfinished line of one does not run into the next */
    if (!code) code = pt_buf_append_str(&u->sources, "\n");
    return code;
}

static pt_code read_all(update *u, pt_status *st) {
    char path[PT_PATH_BYTES];
    pt_code code = pt_file_read(pt_path(path, "%s/handler.c", u->draft), &u->handlers, st);
    if (!code) code = pt_file_read(pt_path(path, "%s/gen/handlers.h", u->draft), &u->new_gen, st);
    if (!code) code = pt_file_read(pt_path(path, "%s/gen/handlers.h", u->folder), &u->old_gen, st);
    if (!code) code = pt_folder_each(u->folder, read_source, u, st);
    return code;
}

static bool declares(pt_slice text, pt_slice name) {
    pt_c_scan scan = {.rest = text};
    pt_c_function f;
    while (pt_c_scan_next(&scan, &f)) {
        if (pt_slice_equal(f.name, name)) return true;
    }
    return false;
}

/* Where a file of the service defines a function: `visit` for pt_folder_each. */
typedef struct search {
    const update *u;
    pt_slice function;
} search;

static pt_code report_definition(const char *name, void *arg, pt_status *st) {
    const search *s = arg;
    char path[PT_PATH_BYTES];
    pt_c_function f;
    pt_buf text = PT_BUF_INIT(PT_SOURCE_BYTES);
    if (!is_c_file(name)) return PT_OK;
    pt_code code = pt_file_read(pt_path(path, "%s/%s", s->u->folder, name), &text, st);
    if (!code && pt_c_defines(pt_buf_slice(&text), s->function, &f)) {
        size_t line = 1;
        for (const uint8_t *c = text.ptr; c < f.name.ptr; c++)
            line += *c == '\n';
        printf(
            "services/%s/%s:%zu: %.*s is no longer in the contract; it was left as it is: delete it when you need it no more\n",
            s->u->name->name, name, line, (int)f.name.len, (const char *)f.name.ptr);
    }
    pt_buf_done(&text);
    return code;
}

static pt_code report_removed(update *u, pt_status *st) {
    pt_c_scan scan = {.rest = pt_buf_slice(&u->old_gen)};
    pt_c_function f;
    pt_code code = PT_OK;
    while (!code && pt_c_scan_next(&scan, &f)) {
        search s = {.u = u, .function = f.name};
        if (!declares(pt_buf_slice(&u->new_gen), f.name)) code = pt_folder_each(u->folder, report_definition, &s, st);
    }
    return code;
}

static pt_code find_additions(update *u, pt_status *st) {
    pt_c_scan scan = {.rest = pt_buf_slice(&u->handlers)};
    pt_c_function f;
    while (pt_c_scan_next(&scan, &f)) {
        if (!f.has_body || pt_c_defines(pt_buf_slice(&u->sources), f.name, NULL)) continue;
        pt_code code = pt_buf_append_str(&u->additions, "\n");
        if (!code) code = pt_buf_append(&u->additions, f.text.ptr, f.text.len);
        if (!code) code = pt_buf_append_str(&u->additions, "\n");
        if (code) return pt_status_set(st, code, "services/%s/handler.c: too large", u->name->name);
        printf("services/%s/handler.c: added %.*s\n", u->name->name, (int)f.name.len, (const char *)f.name.ptr);
    }
    return PT_OK;
}

static pt_code write_additions(update *u, pt_status *st) {
    char path[PT_PATH_BYTES];
    pt_buf text = PT_BUF_INIT(2 * PT_SOURCE_BYTES);
    if (!u->additions.len) return PT_OK;
    pt_code code = pt_file_read(pt_path(path, "%s/handler.c", u->folder), &text, st);
    if (code) pt_status_prefix(st, "handlers of new rpcs go to the end of handler.c; make an empty one");
    if (!code) code = pt_buf_append(&text, u->additions.ptr, u->additions.len);
    if (!code) code = pt_file_write(path, pt_buf_slice(&text), st);
    if (!code) u->changed = true;
    pt_buf_done(&text);
    return code;
}

static pt_code replace_generated(update *u, const char *file, pt_status *st) {
    char from[PT_PATH_BYTES], to[PT_PATH_BYTES];
    pt_buf now = PT_BUF_INIT(PT_SOURCE_BYTES), fresh = PT_BUF_INIT(PT_SOURCE_BYTES);
    pt_status missing = PT_STATUS_INIT;
    pt_path(to, "%s/gen/%s", u->folder, file);
    pt_code code = pt_file_read(pt_path(from, "%s/gen/%s", u->draft, file), &fresh, st);
    bool same = !code && pt_file_read(to, &now, &missing) == PT_OK && pt_slice_equal(pt_buf_slice(&now), pt_buf_slice(&fresh));
    if (!code && !same) {
        code = pt_file_write(to, pt_buf_slice(&fresh), st);
        u->changed = true;
        if (!code) printf("services/%s/gen/%s: brought up to date\n", u->name->name, file);
    }
    pt_buf_done(&now);
    pt_buf_done(&fresh);
    return code;
}

static pt_code bring_up_to_date(update *u, pt_status *st) {
    pt_code code = read_all(u, st);
    if (!code) code = report_removed(u, st);
    if (!code) code = find_additions(u, st);
    /* The table last: until then it names only functions that are there. */
    if (!code) code = write_additions(u, st);
    if (!code) code = replace_generated(u, "handlers.h", st);
    if (!code) code = replace_generated(u, "handlers.c", st);
    if (!code && !u->changed) printf("services/%s: up to date with its contract\n", u->name->name);
    return code;
}

static pt_code name_first_file(const char *file, void *arg, pt_status *st) {
    const pt_service_name *name = arg;
    return pt_status_set(
        st, PT_FAILED_PRECONDITION,
        "services/%s is there already, with files that this did not make (such as %s); take another name, or move it away",
        name->name, file);
}

/* A folder without gen/handlers.h is somebody else's. */
pt_code pt_service_check(const pt_project *project, const pt_service_name *name, pt_status *st) {
    char folder[PT_PATH_BYTES], mark[PT_PATH_BYTES];
    pt_path(folder, "%s/services/%s", project->root, name->name);
    if (!pt_path_exists(folder) || pt_path_exists(pt_path(mark, "%s/gen/handlers.h", folder))) return PT_OK;
    pt_service_name copy = *name;
    pt_code code = pt_folder_each(folder, name_first_file, &copy, st);
    return code ? code
                : pt_status_set(st, PT_FAILED_PRECONDITION, "services/%s is there already; remove it or take another name",
                                name->name);
}

pt_code pt_service_install(const pt_project *project, const pt_service_name *name, const char *draft, pt_status *st) {
    update u = {.name = name,
                .draft = draft,
                .handlers = PT_BUF_INIT(PT_SOURCE_BYTES),
                .old_gen = PT_BUF_INIT(PT_SOURCE_BYTES),
                .new_gen = PT_BUF_INIT(PT_SOURCE_BYTES),
                .sources = PT_BUF_INIT(4 * PT_SOURCE_BYTES),
                .additions = PT_BUF_INIT(PT_SOURCE_BYTES)};
    pt_path(u.folder, "%s/services/%s", project->root, name->name);
    if (!pt_path_exists(u.folder)) {
        if (rename(draft, u.folder) != 0) return pt_status_set(st, PT_UNKNOWN, "%s: %s", u.folder, strerror(errno));
        printf("services/%s: made\n", name->name);
        return PT_OK;
    }
    pt_code code = bring_up_to_date(&u, st);
    update_done(&u);
    return code;
}
