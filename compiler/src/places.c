#include "places.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

struct pt_place {
    const Google__Protobuf__SourceCodeInfo__Location *location;
    UT_hash_handle hh; /* by path */
};

static const struct pt_place *find(const pt_gen_file *file, const int32_t *path, size_t len) {
    struct pt_place *place = NULL;
    HASH_FIND(hh, file->places, path, len * sizeof *path, place);
    return place;
}

void pt_places_index(pt_model *model, pt_gen_file *file) {
    const Google__Protobuf__SourceCodeInfo *info = file->proto->source_code_info;
    if (!info) return;
    struct pt_place *places = pt_pool_alloc(&model->pool, info->n_location, sizeof *places);
    for (size_t i = 0; i < info->n_location; i++) {
        const Google__Protobuf__SourceCodeInfo__Location *at = info->location[i];
        if (!at->n_path || find(file, at->path, at->n_path)) continue;
        places[i].location = at;
        HASH_ADD_KEYPTR(hh, file->places, at->path, at->n_path * sizeof *at->path, &places[i]);
    }
}

void pt_places_free(pt_gen_file *file) {
    HASH_CLEAR(hh, file->places);
}

static const char *comment_of(const struct pt_place *place) {
    if (!place) return NULL;
    const char *leading = place->location->leading_comments;
    return leading ? leading : place->location->trailing_comments;
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
    decl->comment = comment_of(find(file, path, above + 2));
}

const char *pt_decl_place(pt_model *model, const pt_decl *decl) {
    const struct pt_place *place = decl->path_len ? find(decl->file, decl->path, decl->path_len) : NULL;
    const char *path = decl->file->decl.full_name;
    if (!place || place->location->n_span < 2) return path;
    int64_t line = place->location->span[0], column = place->location->span[1];
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
