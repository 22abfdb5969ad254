/* JSON text token by token (RFC 8259). Nothing is copied: tokens are views of the text. */
#ifndef PT_JSON_LEXER_H
#define PT_JSON_LEXER_H

#include "json/number.h"
#include "json/report.h"

#define PT_JSON_DEPTH_MAX 1000

typedef struct pt_json_lexer {
    const uint8_t *pos, *end;
    pt_json_report report;
} pt_json_lexer;

/* What stands between the quotes, checked: UTF-8, escapes, no control character, no lone surrogate. */
typedef struct pt_json_string {
    pt_slice text;
    bool escaped; /* text holds escapes: pt_json_unescape turns it into the value */
} pt_json_string;

static inline void pt_json_space(pt_json_lexer *x) {
    while (x->pos < x->end && (*x->pos == ' ' || *x->pos == '\n' || *x->pos == '\r' || *x->pos == '\t'))
        x->pos++;
}

/* The next byte; 0, which begins no token, at the end. */
static inline uint8_t pt_json_peek(const pt_json_lexer *x) {
    return x->pos < x->end ? *x->pos : 0;
}

/* Passes over `c` when it is next. */
static inline bool pt_json_take(pt_json_lexer *x, uint8_t c) {
    if (pt_json_peek(x) != c) return false;
    x->pos++;
    return true;
}

/* Passes over the word when it is next and stands alone. */
bool pt_json_take_word(pt_json_lexer *x, const char *word);

/* Records that something else was expected here. Returns false. */
bool pt_json_expected(pt_json_lexer *x, const char *what);

/* Each reads the token that stands next. False: there is none, or it is malformed; that is recorded and *ret is untouched. */
bool pt_json_read_string(pt_json_lexer *x, pt_json_string *ret);
bool pt_json_read_number(pt_json_lexer *x, pt_json_number *ret);

/* Steps to the next member of an object whose brace has been taken, up to behind its colon. `first`: no member was read yet.
 * *ret_more false: the object is over and its closing brace taken. False: malformed, and recorded. */
bool pt_json_next_member(pt_json_lexer *x, bool first, pt_json_string *ret_name, bool *ret_more);

/* The same for a list: stands at the next element, or behind the closing bracket. */
bool pt_json_next_element(pt_json_lexer *x, bool first, bool *ret_more);

/* Passes over one whole value and checks it, to `depth` objects and lists in each other (up to PT_JSON_DEPTH_MAX). With `out`
 * it is also appended there, without the whitespace between its tokens. False: malformed, too deep or no room; recorded. */
bool pt_json_pass_value(pt_json_lexer *x, uint32_t depth, pt_buf *out);

/* The same for a whole text: one value, whitespace around it, and nothing else. */
bool pt_json_pass_text(pt_json_lexer *x, uint32_t depth, pt_buf *out);

/* Writes the value of a checked string with escapes to `to`, which has room for text.len bytes. Returns the place behind it. */
uint8_t *pt_json_unescape(pt_slice text, uint8_t *to);

#endif
