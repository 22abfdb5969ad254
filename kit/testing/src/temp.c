#include "partie/kit/testing/temp.h"

#include <criterion/criterion.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void pt_temp_init(pt_temp *temp) {
    const char *parent = getenv("TMPDIR");
    snprintf(temp->path, sizeof temp->path, "%s/partie-test-XXXXXX", parent && *parent ? parent : "/tmp");
    cr_assert_not_null(mkdtemp(temp->path), "%s: no folder can be made", temp->path);
}

const char *pt_temp_file(const pt_temp *temp, const char *name, char *ret_path) {
    int len = snprintf(ret_path, PT_TEMP_PATH_BYTES, "%s/%s", temp->path, name);
    cr_assert(len > 0 && len < PT_TEMP_PATH_BYTES);
    return ret_path;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

void pt_temp_done(pt_temp *temp) {
    nftw(temp->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
