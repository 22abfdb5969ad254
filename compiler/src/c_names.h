/* Third step of the model: C names, and that no two declarations get the same one. */
#ifndef PARTIE_COMPILER_C_NAMES_H
#define PARTIE_COMPILER_C_NAMES_H

#include "model.h"

/* Fills the c_ fields of the resolved model. Members of one struct are kept apart by underscores; names with external meaning
 * that two declarations would share are errors that show both. */
void pt_name_all(pt_model *model);

#endif
