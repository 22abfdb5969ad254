#include "service_conf.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/tempdir.h"

/* Reads `text` as a file; what is wrong with it comes into `error`. */
static int read_text(const char *text, pt_service_conf *conf, char *error, size_t cap) {
    pt_tempdir dir;
    char path[128];
    pt_tempdir_init(&dir);
    FILE *file = fopen(pt_tempdir_file(&dir, "service.conf", path, sizeof path), "we");
    cr_assert(file);
    cr_assert(fputs(text, file) >= 0 && fclose(file) == 0);
    int rv = pt_service_conf_read(path, conf, error, cap);
    pt_tempdir_done(&dir);
    return rv;
}

Test(service_conf, splits_words_and_skips_comments) {
    pt_service_conf conf;
    char error[512] = "";
    cr_assert_eq(read_text("# how\n\n  needs =  a  b-c \nargs = --db {data}/x.db\t--url={url:a}", &conf, error, sizeof error),
                 0, "%s", error);
    cr_assert_eq(conf.n_needs, 2u);
    cr_assert_str_eq(conf.needs[1], "b-c");
    cr_assert_eq(conf.n_args, 3u);
    cr_assert_str_eq(conf.args[1], "{data}/x.db");
    cr_assert_str_eq(conf.args[2], "--url={url:a}");
}

Test(service_conf, both_keys_may_be_absent_or_empty) {
    pt_service_conf conf;
    char error[512] = "";
    cr_assert_eq(read_text("", &conf, error, sizeof error), 0, "%s", error);
    cr_assert_eq(read_text("needs =\nargs =\n", &conf, error, sizeof error), 0, "%s", error);
    cr_assert_eq(conf.n_needs + conf.n_args, 0u);
}

Test(service_conf, says_file_line_and_what_is_wrong) {
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"needs = a\nfoo = b\n", "service.conf:2: there are only the keys"},
        {"args\n", "service.conf:1: expected"},
        {"args = a\nargs = b\n", "service.conf:2: this key stands here twice"},
        {"args = 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3\n", "service.conf:1: too many words"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pt_service_conf conf;
        char error[512] = "";
        cr_assert_neq(read_text(cases[i].text, &conf, error, sizeof error), 0, "%s", cases[i].text);
        cr_assert(strstr(error, cases[i].error), "%s", error);
    }
}

Test(service_conf, says_which_file_is_missing) {
    pt_service_conf conf;
    char error[512] = "";
    cr_assert_neq(pt_service_conf_read("/nowhere/service.conf", &conf, error, sizeof error), 0);
    cr_assert(strstr(error, "/nowhere/service.conf: No such file"), "%s", error);
}
