/* Where declarations stand in their .proto, and the comments beside them: an index over SourceCodeInfo. */
#ifndef PARTIE_COMPILER_PLACES_H
#define PARTIE_COMPILER_PLACES_H

#include "model.h"

/* Builds file->places from file->proto. */
void pt_places_index(pt_model *model, pt_gen_file *file);

/* Frees the index; what it points to belongs to the model. */
void pt_places_free(pt_gen_file *file);

/* Fills file, path (the parent's with `tag` and `index` after it; of a file itself: empty), name and comment of `decl`.
 * `parent` is NULL for what stands at file level. */
void pt_decl_init(pt_model *model, pt_decl *decl, const pt_gen_file *file, const pt_decl *parent, int32_t tag, size_t index,
                  const char *name);

/* "file.proto:12:3" or, where the request came without places, "file.proto". Lives in the model. */
const char *pt_decl_place(pt_model *model, const pt_decl *decl);

#endif
