#include "testing/tsv.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pt_tsv_row split(char *line) {
    pt_tsv_row row = {.n_columns = 0};
    line[strcspn(line, "\n")] = 0;
    for (char *column = line; column; row.n_columns++) {
        cr_assert_lt(row.n_columns, PT_TSV_MAX_COLUMNS, "too many columns: %s", line);
        row.columns[row.n_columns] = column;
        column = strchr(column, '\t');
        if (column) *column++ = 0;
    }
    return row;
}

void pt_tsv_each(const char *file, void (*use)(pt_tsv_row *row, void *arg), void *arg) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", PT_TESTDATA, file);
    FILE *f = fopen(path, "r");
    cr_assert(f, "%s can't be read", path);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, f) > 0) {
        if (*line == '#') continue;
        pt_tsv_row row = split(line);
        use(&row, arg);
    }
    free(line);
    fclose(f);
}
