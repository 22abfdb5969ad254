#include "partie/kit/log.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char line[PT_LOG_LINE_BYTES + 64];
static int pipe_ends[2];

static void setup(void) {
    cr_assert_eq(pipe(pipe_ends), 0);
    cr_assert_eq(fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK), 0);
    cr_assert_neq(dup2(pipe_ends[1], STDERR_FILENO), -1);
}

/* What was written to stderr, behind the time, which is checked by its form. */
static const char *logged(const char *prefix) {
    ssize_t len = read(pipe_ends[0], line, sizeof line - 1);
    line[len > 0 ? len : 0] = '\0';
    cr_assert_eq(strncmp(line, prefix, strlen(prefix)), 0, "%s", line);
    const char *time = line + strlen(prefix);
    cr_assert(strlen(time) > 24 && time[4] == '-' && time[10] == 'T' && time[19] == '.' && time[23] == 'Z', "%s", line);
    return time + 24;
}

TestSuite(log, .init = setup);

Test(log, json_with_fields) {
    pt_log_configure("prog", PT_LOG_INFO, PT_LOG_JSON);
    pt_log(PT_LOG_WARN,
           (pt_log_field[]){PT_LOG_TEXT("path", "/a \"b\""), PT_LOG_TEXT("none", NULL), PT_LOG_NUMBER("n", -5), PT_LOG_END},
           "could not %s", "open");
    cr_expect_str_eq(
        logged("{\"time\":\""),
        "\",\"level\":\"warn\",\"program\":\"prog\",\"message\":\"could not open\",\"path\":\"/a \\\"b\\\"\",\"n\":-5}\n");
}

Test(log, logfmt_quotes_only_what_needs_it) {
    pt_log_configure("prog", PT_LOG_DEBUG, PT_LOG_LOGFMT);
    pt_log(PT_LOG_DEBUG,
           (pt_log_field[]){PT_LOG_TEXT("a", "plain/x-1"), PT_LOG_TEXT("b", "k=v"), PT_LOG_TEXT("c", ""), PT_LOG_END},
           "two words");
    cr_expect_str_eq(logged("time="), " level=debug program=prog message=\"two words\" a=plain/x-1 b=\"k=v\" c=\"\"\n");
}

Test(log, outside_bytes_cannot_forge_a_line) {
    for (pt_log_format format = PT_LOG_LOGFMT; format <= PT_LOG_JSON; format++) {
        pt_log_configure("prog", PT_LOG_INFO, format);
        pt_log(PT_LOG_ERROR, NULL, "%s", "x\ntime=forged \x1b[31m\xff");
        logged(format == PT_LOG_JSON ? "{\"time\":\"" : "time=");
        cr_expect_eq(strchr(line, '\n'), line + strlen(line) - 1, "one line: %s", line);
        cr_expect_null(strchr(line, 0x1b));
        cr_expect(pt_utf8_valid(pt_slice_str(line)));
    }
}

Test(log, below_the_level_nothing_is_written) {
    pt_log_configure("prog", PT_LOG_WARN, PT_LOG_JSON);
    pt_log(PT_LOG_INFO, NULL, "quiet");
    char byte;
    cr_expect_eq(read(pipe_ends[0], &byte, 1), -1);
    cr_expect_eq(errno, EAGAIN);
}

Test(log, a_long_line_is_cut_and_closed) {
    static char text[3000];
    memset(text, 'x', sizeof text - 1);
    pt_log_configure("prog", PT_LOG_INFO, PT_LOG_JSON);
    pt_log(PT_LOG_INFO,
           (pt_log_field[]){PT_LOG_TEXT("a", text), PT_LOG_TEXT("b", text), PT_LOG_TEXT("c", text), PT_LOG_NUMBER("n", 1),
                            PT_LOG_END},
           "%s", text);
    logged("{\"time\":\"");
    cr_expect(strlen(line) <= PT_LOG_LINE_BYTES + 2);
    cr_expect_str_eq(line + strlen(line) - 7, "\"n\":1}\n", "what fits is there, and the end is well-formed");
    cr_expect_null(strstr(line, "\"c\":"), "what does not fit is left out whole");
}

Test(log, keeps_errno) {
    pt_log_configure("prog", PT_LOG_INFO, PT_LOG_JSON);
    errno = ENOSPC;
    pt_log(PT_LOG_INFO, NULL, "x");
    cr_expect_eq(errno, ENOSPC);
}

Test(log, a_gate_lets_one_through_in_its_interval) {
    static pt_log_gate gate;
    cr_expect(pt_log_gate_pass(&gate, 1000000));
    cr_expect_not(pt_log_gate_pass(&gate, 1000000));
    static pt_log_gate open;
    cr_expect(pt_log_gate_pass(&open, 0));
    cr_expect(pt_log_gate_pass(&open, 0));
}
