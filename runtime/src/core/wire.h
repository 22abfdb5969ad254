/* The wire primitives, which are public. */
#ifndef PT_CORE_WIRE_H
#define PT_CORE_WIRE_H

#include "partie/wire.h"

#endif
