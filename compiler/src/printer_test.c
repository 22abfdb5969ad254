#include "printer.h"

#include <criterion/criterion.h>
#include <signal.h>

static pt_printer out = PT_PRINTER_INIT;

static void free_text(void) {
    pt_printer_done(&out);
}

TestSuite(printer, .fini = free_text);

Test(printer, expands_variables) {
    pt_let(&out, "type", "Old");
    pt_let(&out, "type", "Event");
    pt_let(&out, "t", "short");
    pt_expand(&out, "$type$ *$t$;$type$");
    cr_expect_str_eq(out.text, "Event *short;Event");
    cr_expect_eq(out.len, 18);
}

Test(printer, an_unknown_variable_aborts, .signal = SIGABRT) {
    pt_expand(&out, "$nobody$");
}

Test(printer, strings_are_escaped) {
    pt_print_string(&out, "a\"b\\c\n?\?/\377"
                          "1");
    cr_expect_str_eq(out.text, "\"a\\\"b\\\\c\\012\\?\\?/\\3771\"");
}

Test(printer, comments_keep_their_lines_and_never_end_early) {
    pt_print_comment(&out, "  ", " One */ two /* three\n\n   indented\n/*/\n\n");
    cr_expect_str_eq(out.text, "  /* One * / two / * three\n   *\n   *   indented\n   * / * / */\n");
}

Test(printer, blank_comments_vanish) {
    pt_print_comment(&out, "", NULL);
    pt_print_comment(&out, "", " \n\t\n");
    cr_expect_null(out.text);
}
