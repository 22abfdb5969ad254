#include "partie/json.h"
#include "json/lexer.h"

pt_code pt_json_check(pt_slice text, uint32_t depth, pt_status *st) {
    const uint8_t *start = text.len ? text.ptr : (const uint8_t *)"";
    pt_json_lexer x = {.pos = start, .end = start + text.len, .report = {.start = start, .st = st}};
    pt_json_space(&x);
    if (!pt_json_pass_value(&x, depth, NULL)) return x.report.code;
    pt_json_space(&x);
    if (x.pos == x.end) return PT_OK;
    pt_json_expected(&x, "the end");
    return x.report.code;
}
