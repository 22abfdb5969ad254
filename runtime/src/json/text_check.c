#include "partie/json.h"
#include "json/lexer.h"

pt_code pt_json_check(pt_slice text, uint32_t depth, pt_status *st) {
    const uint8_t *start = text.len ? text.ptr : (const uint8_t *)"";
    pt_json_lexer x = {.pos = start, .end = start + text.len, .report = {.start = start, .st = st}};
    return pt_json_pass_text(&x, depth, NULL) ? PT_OK : x.report.code;
}
