/* Reads the tab-separated case files of gateway/testdata, for tests. */
#ifndef PT_TESTING_TSV_H
#define PT_TESTING_TSV_H

#include <stddef.h>

#define PT_TSV_MAX_COLUMNS 16

typedef struct pt_tsv_row {
    char *columns[PT_TSV_MAX_COLUMNS]; /* NUL-terminated, the test's to change */
    size_t n_columns;
} pt_tsv_row;

/* Reads a file of gateway/testdata, without its lines that start with '#', and calls `use` for each row. A file that can't be
 * read fails the test. */
void pt_tsv_each(const char *file, void (*use)(pt_tsv_row *row, void *arg), void *arg);

#endif
