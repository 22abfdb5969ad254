#include "ready_file.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#include "support/tempdir.h"

static size_t count_files(const char *path) {
    size_t n = 0;
    DIR *folder = opendir(path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

Test(ready_file, replaces_what_was_there_and_leaves_nothing_else) {
    pt_tempdir temp;
    char path[128], content[64] = "";
    pt_status st = PT_STATUS_INIT;
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "ready", path, sizeof path);
    cr_assert_eq(pt_ready_file_write(path, pt_slice_str("one\n"), &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_ready_file_write(path, pt_slice_str("two\n"), &st), PT_OK, "%s", st.message);
    FILE *file = fopen(path, "r");
    cr_assert_not_null(fgets(content, sizeof content, file));
    fclose(file);
    cr_expect_str_eq(content, "two\n");
    cr_expect_eq(count_files(temp.path), 1);
    pt_tempdir_done(&temp);
}

Test(ready_file, says_why_it_cannot_be_written) {
    pt_status st = PT_STATUS_INIT;
    cr_expect_eq(pt_ready_file_write("/nonexistent/ready", pt_slice_str("x"), &st), PT_UNAVAILABLE);
    cr_expect_str_eq(st.message, "ready file /nonexistent/ready: No such file or directory");
}
