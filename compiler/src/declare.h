/* First step of the model: the declarations of each file, as they stand, findable by full name. */
#ifndef PARTIE_COMPILER_DECLARE_H
#define PARTIE_COMPILER_DECLARE_H

#include "model.h"
#include "request.h"

/* What the full name of a type stands for; one of message and enumeration is NULL. */
typedef struct pt_symbol {
    const pt_decl *decl;
    const pt_gen_message *message;
    const pt_gen_enum *enumeration;
} pt_symbol;

/* Fills model->files and model->types. Nothing refers to anything else yet but files to those that they import.
 * What is wrong is added to the model's errors. */
void pt_declare(pt_model *model, const pt_request *request);

/* The message or enum of a full name, with or without a dot in front; NULL: there is none. */
const pt_symbol *pt_declared_type(const pt_model *model, const char *full_name);

/* Frees the tables; what they point to belongs to the pool. */
void pt_declare_done(pt_model *model);

#endif
