/* Passing over values that no field takes, or that are kept as text: without recursion, so that depth costs no stack. */
#include "json/lexer.h"

/* Which of the open brackets are braces: one bit each, the innermost last. */
typedef struct nest {
    uint64_t braces[(PT_JSON_DEPTH_MAX + 63) / 64];
    uint32_t level, limit;
} nest;

static bool inside_object(const nest *n) {
    uint32_t i = n->level - 1;
    return n->braces[i / 64] >> (i % 64) & 1;
}

static bool copy(pt_json_lexer *x, pt_buf *out, const uint8_t *from) {
    if (!out || pt_buf_append(out, from, (size_t)(x->pos - from)) == PT_OK) return true;
    return pt_json_no_room(&x->report);
}

static bool pass_scalar(pt_json_lexer *x, pt_buf *out) {
    const uint8_t *from = x->pos;
    uint8_t c = pt_json_peek(x);
    pt_json_string string;
    pt_json_number number;
    if (c == '"') {
        if (!pt_json_read_string(x, &string)) return false;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
        if (!pt_json_read_number(x, &number)) return false;
    } else if (!pt_json_take_word(x, "true") && !pt_json_take_word(x, "false") && !pt_json_take_word(x, "null")) {
        return pt_json_expected(x, "a value");
    }
    return copy(x, out, from);
}

/* Takes the opening bracket that stands next. */
static bool open_bracket(pt_json_lexer *x, nest *n, pt_buf *out) {
    if (n->level == n->limit) {
        return pt_json_fail(&x->report, PT_RESOURCE_EXHAUSTED, x->pos, "nested deeper than the limit");
    }
    uint64_t bit = UINT64_C(1) << (n->level % 64), *word = &n->braces[n->level / 64];
    *word = *x->pos == '{' ? *word | bit : *word & ~bit;
    n->level++;
    x->pos++;
    return copy(x, out, x->pos - 1);
}

/* Steps to where the next value begins, over commas, names and closing brackets. *ret_done: the outermost bracket was closed.
 */
static bool step(pt_json_lexer *x, nest *n, bool opened, pt_buf *out, bool *ret_done) {
    bool first = opened, more = false;
    for (*ret_done = false; n->level; first = false) {
        bool object = inside_object(n);
        pt_json_string name;
        if (object ? !pt_json_next_member(x, first, &name, &more) : !pt_json_next_element(x, first, &more)) return false;
        if (more) {
            if (out && !first && pt_buf_append_byte(out, ',')) return pt_json_no_room(&x->report);
            if (!out || !object) return true;
            if (pt_buf_append(out, name.text.ptr - 1, name.text.len + 2) || pt_buf_append_byte(out, ':')) {
                return pt_json_no_room(&x->report);
            }
            return true;
        }
        n->level--;
        if (out && pt_buf_append_byte(out, object ? '}' : ']')) return pt_json_no_room(&x->report);
    }
    *ret_done = true;
    return true;
}

bool pt_json_pass_value(pt_json_lexer *x, uint32_t depth, pt_buf *out) {
    nest n;
    n.level = 0;
    n.limit = depth < PT_JSON_DEPTH_MAX ? depth : PT_JSON_DEPTH_MAX;
    for (bool done = false; !done;) {
        uint8_t c = pt_json_peek(x);
        bool opens = c == '{' || c == '[';
        if (opens ? !open_bracket(x, &n, out) : !pass_scalar(x, out)) return false;
        if (!step(x, &n, opens, out, &done)) return false;
    }
    return true;
}

bool pt_json_pass_text(pt_json_lexer *x, uint32_t depth, pt_buf *out) {
    pt_json_space(x);
    if (!pt_json_pass_value(x, depth, out)) return false;
    pt_json_space(x);
    return x->pos == x->end || pt_json_expected(x, "the end");
}
