/* The contracts of gateway/testdata, loaded. */
#ifndef PT_TESTING_SCHEMA_H
#define PT_TESTING_SCHEMA_H

#include "partie/schema.h"

/* A schema with all of them; the test's to free. */
pt_schema *pt_testing_schema(void);

#endif
