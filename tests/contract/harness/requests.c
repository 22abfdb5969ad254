#include "probe.h"
#include "wire.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <partie/json.h>
#include <stdio.h>
#include <stdlib.h>

static int is_json(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);
    return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

static void read_file(const char *path, pt_buf *out) {
    char block[4096];
    FILE *file = fopen(path, "re");
    cr_assert(file, "%s: %m", path);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        pt_put_raw(out, block, n);
    cr_assert(!ferror(file), "%s: cannot be read", path);
    fclose(file);
}

static void read_request(const char *path, const pt_schema *schema, const pt_rpc *rpc, pt_buf *out) {
    const pt_json_read_options options = {.schema = schema, .depth = 100, .annotations = true};
    pt_buf json = PT_BUF_INIT(PT_TEST_BUF_BYTES);
    pt_status st = PT_STATUS_INIT;
    read_file(path, &json);
    pt_code code = pt_json_read(rpc->input, pt_buf_slice(&json), &options, out, &st);
    cr_assert_eq(code, PT_OK, "%s: not a %s: %s", path, rpc->input->name, st.message);
    pt_buf_done(&json);
}

void pt_requests_load(const char *folder, const pt_schema *schema, const pt_rpc *rpc, pt_requests *ret_requests) {
    char path[4096];
    struct dirent **entries = NULL;
    *ret_requests = (pt_requests){0};
    if (!folder) return;
    snprintf(path, sizeof path, "%s/%s", folder, rpc->full_name);
    int n = scandir(path, &entries, is_json, alphasort);
    if (n <= 0) {
        free(entries);
        return;
    }
    ret_requests->items = calloc((size_t)n, sizeof *ret_requests->items);
    cr_assert(ret_requests->items, "out of memory");
    for (int i = 0; i < n; i++) {
        char file[sizeof path + 256];
        snprintf(file, sizeof file, "%s/%s", path, entries[i]->d_name);
        pt_buf *request = &ret_requests->items[ret_requests->n++];
        *request = (pt_buf)PT_BUF_INIT(PT_TEST_BUF_BYTES);
        read_request(file, schema, rpc, request);
        free(entries[i]);
    }
    free(entries);
}

void pt_requests_done(pt_requests *requests) {
    for (size_t i = 0; i < requests->n; i++)
        pt_buf_done(&requests->items[i]);
    free(requests->items);
    *requests = (pt_requests){0};
}
