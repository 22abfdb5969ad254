/* Second step of the model: what fields and rpcs refer to, and whether partie can make C of it. */
#ifndef PARTIE_COMPILER_RESOLVE_H
#define PARTIE_COMPILER_RESOLVE_H

#include "model.h"

/* Fills everything in the declared model but C names and fingerprints. What is wrong is added to the model's errors. */
void pt_resolve(pt_model *model);

#endif
