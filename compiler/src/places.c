#include "places.h"

#include <inttypes.h>
#include <string.h>

typedef Google__Protobuf__SourceCodeInfo__Location location;

static const location *find(const pt_gen_file *file, const int32_t *path, size_t len) {
    return pt_table_get(&file->places, path, len * sizeof *path);
}

void pt_places_index(pt_model *model, pt_gen_file *file) {
    const Google__Protobuf__SourceCodeInfo *info = file->proto->source_code_info;
    for (size_t i = 0; info && i < info->n_location; i++) {
        const location *at = info->location[i];
        if (at->n_path && !find(file, at->path, at->n_path))
            pt_table_put(&file->places, &model->pool, at->path, at->n_path * sizeof *at->path, at);
    }
}

void pt_places_free(pt_gen_file *file) {
    pt_table_done(&file->places);
}

static const char *comment_at(const location *at) {
    if (!at) return NULL;
    return at->leading_comments ? at->leading_comments : at->trailing_comments;
}

void pt_decl_init(pt_model *model, pt_decl *decl, const pt_gen_file *file, const pt_decl *parent, int32_t tag, size_t index,
                  const char *name) {
    size_t above = parent ? parent->path_len : 0;
    int32_t *path = pt_pool_alloc(&model->pool, above + 2, sizeof *path);
    if (above) memcpy(path, parent->path, above * sizeof *path);
    path[above] = tag;
    path[above + 1] = (int32_t)index;
    const char *scope = parent ? parent->full_name : file->proto->package;
    decl->file = file;
    decl->path = path;
    decl->path_len = above + 2;
    decl->name = name;
    decl->full_name = scope && *scope ? pt_pool_printf(&model->pool, "%s.%s", scope, name) : name;
    decl->comment = comment_at(find(file, path, above + 2));
}

const char *pt_decl_place(pt_model *model, const pt_decl *decl) {
    const location *at = decl->path_len ? find(decl->file, decl->path, decl->path_len) : NULL;
    const char *path = decl->file->decl.full_name;
    if (!at || at->n_span < 2) return path;
    int64_t line = at->span[0], column = at->span[1];
    return pt_pool_printf(&model->pool, "%s:%" PRId64 ":%" PRId64, path, line + 1, column + 1);
}

void pt_model_error(pt_model *model, const pt_decl *decl, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = pt_pool_vprintf(&model->pool, format, args);
    va_end(args);
    const char *place = decl ? pt_decl_place(model, decl) : NULL;
    pt_print(&model->errors, "%s%s%s%s", model->n_errors ? "\n" : "", place ? place : "", place ? ": " : "", text);
    model->n_errors++;
}
