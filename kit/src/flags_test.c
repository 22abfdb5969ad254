#include "partie/kit/flags.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const char *db;
static pt_flag_list listen_urls;
static bool verbose;
static uint32_t threads;
static uint32_t drain_ms;
static uint64_t most_bytes;
static uint32_t level;

static const char *const levels[] = {"debug", "info", NULL};

static const pt_flag common[] = {
    {.name = "listen", .kind = PT_FLAG_LIST, .value = &listen_urls, .arg = "URL", .help = "where to listen"},
    {.name = "level", .kind = PT_FLAG_CHOICE, .value = &level, .arg = "LEVEL", .help = "how much", .choices = levels},
    {.name = "verbose", .kind = PT_FLAG_BOOL, .value = &verbose, .help = "say more"},
};
static const pt_flag own[] = {
    {.name = "db", .kind = PT_FLAG_TEXT, .value = &db, .arg = "PATH", .help = "database file", .required = true},
    {.name = "threads", .kind = PT_FLAG_U32, .value = &threads, .arg = "N", .help = "threads", .min = 1, .max = 256},
    {.name = "drain", .kind = PT_FLAG_MS, .value = &drain_ms, .arg = "TIME", .help = "longest wait", .max = 60000},
    {.name = "most-bytes", .kind = PT_FLAG_BYTES, .value = &most_bytes, .arg = "SIZE", .help = "size"},
};
static const pt_flag_group groups[] = {{"Common", common, 3}, {"Own", own, 4}};
static pt_flags flags = {.program = "test-prog", .summary = "tests flags", .groups = groups, .n_groups = 2};

static pt_status st;
static pt_flags_action action;
static int n_arguments;
static char *last_argv[16];

static void reset(void) {
    db = "default.db";
    listen_urls = (pt_flag_list){.items = {"tcp://default"}, .n_items = 1};
    verbose = false;
    threads = 4;
    drain_ms = 5000;
    most_bytes = 4u << 20;
    level = 1;
    st = (pt_status)PT_STATUS_INIT;
    action = (pt_flags_action)99;
    n_arguments = 99;
}

/* Parses a command line of words parted by blanks. */
static pt_code parse(const char *line) {
    static char words[256];
    int argc = 0;
    snprintf(words, sizeof words, "test-prog %s", line);
    for (char *rest = words, *word; (word = strsep(&rest, " ")) != NULL;) {
        if (*word) last_argv[argc++] = word;
    }
    return pt_flags_parse(&flags, argc, last_argv, &action, &n_arguments, &st);
}

TestSuite(flags, .init = reset);

Test(flags, defaults_stay_when_nothing_is_given) {
    cr_assert_eq(parse(""), PT_OK, "%s", st.message);
    cr_assert_eq(action, PT_FLAGS_RUN);
    cr_assert_eq(n_arguments, 0);
    cr_assert_str_eq(db, "default.db");
    cr_assert_eq(listen_urls.n_items, 1);
}

Test(flags, values_of_every_kind) {
    cr_assert_eq(parse("--db=x.db --threads 8 --drain 2s --most-bytes 64KiB --verbose --level debug --listen a --listen=b"),
                 PT_OK, "%s", st.message);
    cr_assert_str_eq(db, "x.db");
    cr_assert_eq(threads, 8);
    cr_assert_eq(drain_ms, 2000);
    cr_assert_eq(most_bytes, 65536);
    cr_assert(verbose);
    cr_assert_eq(level, 0);
    cr_assert_eq(listen_urls.n_items, 2);
    cr_assert_str_eq(listen_urls.items[0], "a");
    cr_assert_str_eq(listen_urls.items[1], "b");
}

Test(flags, a_bool_can_be_turned_off) {
    verbose = true;
    cr_assert_eq(parse("--no-verbose"), PT_OK, "%s", st.message);
    cr_assert_not(verbose);
}

Test(flags, refusals_name_flag_and_reason) {
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"--lsten a", "--lsten: there is no such flag; did you mean --listen?"},
        {"--hlep", "--hlep: there is no such flag; did you mean --help?"},
        {"--qqqqqqqq 1", "--qqqqqqqq: there is no such flag; see --help"},
        {"--no-db", "--no-db: there is no such flag; see --help"},
        {"--threads", "--threads: needs a value, N"},
        {"--threads 0", "--threads: 0 is out of range, 1 to 256"},
        {"--threads 257", "--threads: 257 is out of range, 1 to 256"},
        {"--threads 99999999999999999999", "--threads: 99999999999999999999 is out of range, 1 to 256"},
        {"--threads -1", "--threads: '-1' is not a whole number"},
        {"--threads 4x", "--threads: '4x' is not a whole number"},
        {"--threads 4KiB", "--threads: '4KiB' is not a whole number"},
        {"--drain 2m", "--drain: 2m is out of range, 0 to 60000"},
        {"--drain 2d", "--drain: '2d' is not a time such as 1500, 250ms, 5s or 2m"},
        {"--most-bytes 99999999999GiB", "--most-bytes: 99999999999GiB is out of range, 0 to 18446744073709551615"},
        {"--verbose=yes", "--verbose: takes no value"},
        {"--level loud", "--level: 'loud' is none of: debug, info"},
        {"--db=", "--db PATH: must be given (or TEST_PROG_DB set)"},
        {"--listen=", "--listen: an empty value"},
        {"-d x", "-d: flags start with two dashes; see --help"},
        {"more", "'more': this program takes flags only; see --help"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reset();
        cr_expect_eq(parse(cases[i].line), PT_INVALID_ARGUMENT, "%s", cases[i].line);
        cr_expect_str_eq(st.message, cases[i].message);
        cr_expect_eq(action, (pt_flags_action)99, "%s: outputs are untouched on failure", cases[i].line);
        cr_expect_eq(n_arguments, 99);
    }
}

Test(flags, the_environment_stands_between_default_and_command_line) {
    setenv("TEST_PROG_DB", "env.db", 1);
    setenv("TEST_PROG_MOST_BYTES", "1MiB", 1);
    setenv("TEST_PROG_LISTEN", "x,y,z", 1);
    setenv("TEST_PROG_VERBOSE", "true", 1);
    setenv("TEST_PROG_THREADS", "", 1);
    cr_assert_eq(parse("--db line.db"), PT_OK, "%s", st.message);
    cr_assert_str_eq(db, "line.db");
    cr_assert_eq(most_bytes, 1u << 20);
    cr_assert_eq(listen_urls.n_items, 3);
    cr_assert_str_eq(listen_urls.items[2], "z");
    cr_assert(verbose);
    cr_assert_eq(threads, 4);
    cr_assert_eq(parse("--listen a"), PT_OK, "%s", st.message);
    cr_assert_eq(listen_urls.n_items, 1);
    cr_assert_str_eq(listen_urls.items[0], "a");
    pt_flag_list_done(&listen_urls);
}

Test(flags, a_bad_variable_is_named) {
    setenv("TEST_PROG_DRAIN", "soon", 1);
    cr_assert_eq(parse(""), PT_INVALID_ARGUMENT);
    cr_assert_str_eq(st.message, "TEST_PROG_DRAIN: 'soon' is not a time such as 1500, 250ms, 5s or 2m");
}

Test(flags, help_and_version_stand_over_errors) {
    cr_assert_eq(parse("--nonsense --help"), PT_OK);
    cr_assert_eq(action, PT_FLAGS_HELP);
    cr_assert_eq(parse("--version --db="), PT_OK);
    cr_assert_eq(action, PT_FLAGS_VERSION);
}

Test(flags, arguments_move_to_the_front_in_order) {
    flags.arguments = "TARGET METHOD";
    cr_assert_eq(parse("one --threads 8 two --verbose -- --three"), PT_OK, "%s", st.message);
    cr_assert_eq(n_arguments, 3);
    cr_assert_str_eq(last_argv[1], "one");
    cr_assert_str_eq(last_argv[2], "two");
    cr_assert_str_eq(last_argv[3], "--three");
    cr_assert_eq(threads, 8);
}

Test(flags, a_subcommand_ends_the_flags) {
    flags.arguments = "COMMAND";
    flags.stop_early = true;
    cr_assert_eq(parse("--threads 8 call --unknown --help"), PT_OK, "%s", st.message);
    cr_assert_eq(action, PT_FLAGS_RUN);
    cr_assert_eq(n_arguments, 3);
    cr_assert_str_eq(last_argv[1], "call");
    cr_assert_str_eq(last_argv[3], "--help");
}

Test(flags, too_many_values_of_a_list) {
    static char *argv[PT_FLAG_LIST_MAX + 2];
    argv[0] = "test-prog";
    for (int i = 1; i < PT_FLAG_LIST_MAX + 2; i++)
        argv[i] = "--listen=x";
    cr_assert_eq(pt_flags_parse(&flags, PT_FLAG_LIST_MAX + 1, argv, &action, &n_arguments, &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_flags_parse(&flags, PT_FLAG_LIST_MAX + 2, argv, &action, &n_arguments, &st), PT_INVALID_ARGUMENT);
}

Test(flags, the_help_has_every_flag_with_default_and_variable) {
    pt_buf help = PT_BUF_INIT(1u << 16);
    db = NULL;
    cr_assert_eq(pt_flags_help(&flags, &help), PT_OK);
    const char *text = pt_buf_cstr(&help);
    for (size_t g = 0; g < 2; g++) {
        for (size_t i = 0; i < groups[g].n_flags; i++) {
            cr_expect_not_null(strstr(text, groups[g].flags[i].name), "%s", groups[g].flags[i].name);
        }
    }
    cr_expect_not_null(strstr(text, "Usage: test-prog [FLAGS]\n"));
    cr_expect_not_null(strstr(text, "  --drain TIME            longest wait. Default: 5s [TEST_PROG_DRAIN]\n"));
    cr_expect_not_null(strstr(text, "Default: 4MiB [TEST_PROG_MOST_BYTES]"));
    cr_expect_not_null(strstr(text, "database file. Required [TEST_PROG_DB]"));
    cr_expect_not_null(strstr(text, "how much: debug, info. Default: info [TEST_PROG_LEVEL]"));
    cr_expect_not_null(strstr(text, "Exit codes: 0 done, 1 failed, 2 wrong usage."));
    pt_buf_done(&help);
}

Test(flags, help_that_does_not_fit_is_an_error) {
    pt_buf help = PT_BUF_INIT(100);
    cr_assert_eq(pt_flags_help(&flags, &help), PT_RESOURCE_EXHAUSTED);
    pt_buf_done(&help);
}
