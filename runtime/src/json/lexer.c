#include "json/lexer.h"

#include "core/utf8.h"
#include "json/scan.h"

bool pt_json_expected(pt_json_lexer *x, const char *what) {
    return pt_json_refuse(&x->report, x->pos, x->end, "expected %s", what);
}

bool pt_json_take_word(pt_json_lexer *x, const char *word) {
    size_t len = strlen(word);
    if ((size_t)(x->end - x->pos) < len || memcmp(x->pos, word, len) != 0) return false;
    if (x->pos + len < x->end) {
        uint8_t next = x->pos[len];
        if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9') || next == '_')
            return false;
    }
    x->pos += len;
    return true;
}

/* The value of four hex digits, or -1. */
static int hex4(const uint8_t *p, const uint8_t *end) {
    int value = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        uint8_t c = p[i], letter = c | 0x20;
        if (c >= '0' && c <= '9') {
            value = value << 4 | (c - '0');
        } else if (letter >= 'a' && letter <= 'f') {
            value = value << 4 | (letter - 'a' + 10);
        } else {
            return -1;
        }
    }
    return value;
}

/* Checks the escape at `p`. Returns the place behind it, NULL: not an escape, which is recorded. */
static const uint8_t *check_escape(pt_json_lexer *x, const uint8_t *p) {
    if (p + 1 < x->end && p[1] != 'u' && p[1] && strchr("\"\\/bfnrt", p[1])) return p + 2;
    int unit = p + 1 < x->end && p[1] == 'u' ? hex4(p + 2, x->end) : -1;
    if (unit < 0) {
        pt_json_fail(&x->report, PT_INVALID_ARGUMENT, p, "bad escape in a string");
        return NULL;
    }
    if (unit < 0xd800 || unit > 0xdfff) return p + 6;
    bool pair = unit < 0xdc00 && x->end - p >= 12 && p[6] == '\\' && p[7] == 'u';
    int low = pair ? hex4(p + 8, x->end) : -1;
    if (low >= 0xdc00 && low <= 0xdfff) return p + 12;
    pt_json_fail(&x->report, PT_INVALID_ARGUMENT, p, "lone surrogate in a string");
    return NULL;
}

/* Passes over one byte or character that pt_find_special stopped at and that isn't the closing quote. NULL: recorded. */
static const uint8_t *check_special(pt_json_lexer *x, const uint8_t *p, bool *escaped) {
    if (p >= x->end) {
        pt_json_fail(&x->report, PT_INVALID_ARGUMENT, x->pos, "string without closing quote");
        return NULL;
    }
    if (*p == '\\') {
        *escaped = true;
        return check_escape(x, p);
    }
    if (*p < 0x20) {
        pt_json_fail(&x->report, PT_INVALID_ARGUMENT, p, "control character 0x%02x in a string", *p);
        return NULL;
    }
    size_t len = pt_utf8_char(p, (size_t)(x->end - p));
    if (len) return p + len;
    pt_json_fail(&x->report, PT_INVALID_ARGUMENT, p, "a string isn't UTF-8");
    return NULL;
}

bool pt_json_read_string(pt_json_lexer *x, pt_json_string *ret) {
    if (pt_json_peek(x) != '"') return pt_json_expected(x, "a string");
    const uint8_t *first = x->pos + 1;
    const uint8_t *p = pt_find_special(first, x->end);
    bool escaped = false;
    while (p >= x->end || *p != '"') {
        p = check_special(x, p, &escaped);
        if (!p) return false;
        p = pt_find_special(p, x->end);
    }
    x->pos = p + 1;
    ret->text.ptr = first;
    ret->text.len = (size_t)(p - first);
    ret->escaped = escaped;
    return true;
}

bool pt_json_read_number(pt_json_lexer *x, pt_json_number *ret) {
    const uint8_t *behind = pt_json_number_scan(x->pos, x->end, ret);
    if (!behind) return pt_json_expected(x, "a number");
    if (behind < x->end && (*behind >= '0' && *behind <= '9')) return pt_json_expected(x, "a number without leading zeros");
    x->pos = behind;
    return true;
}

/* Passes over the separator in front of the next item of an object or list, or over its end. */
static bool next_item(pt_json_lexer *x, bool first, uint8_t close, const char *what, bool *ret_more) {
    pt_json_space(x);
    if (pt_json_take(x, close)) {
        *ret_more = false;
        return true;
    }
    if (!first) {
        if (!pt_json_take(x, ',')) return pt_json_expected(x, what);
        pt_json_space(x);
    }
    *ret_more = true;
    return true;
}

bool pt_json_next_member(pt_json_lexer *x, bool first, pt_json_string *ret_name, bool *ret_more) {
    if (!next_item(x, first, '}', "',' or '}'", ret_more)) return false;
    if (!*ret_more) return true;
    if (pt_json_peek(x) != '"') return pt_json_expected(x, first ? "a member's name or '}'" : "a member's name");
    if (!pt_json_read_string(x, ret_name)) return false;
    pt_json_space(x);
    if (!pt_json_take(x, ':')) return pt_json_expected(x, "':'");
    pt_json_space(x);
    return true;
}

bool pt_json_next_element(pt_json_lexer *x, bool first, bool *ret_more) {
    return next_item(x, first, ']', "',' or ']'", ret_more);
}

static size_t put_utf8(uint8_t *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (uint8_t)(0xc0 | c >> 6);
        to[1] = (uint8_t)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (uint8_t)(0xe0 | c >> 12);
        to[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
        to[2] = (uint8_t)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (uint8_t)(0xf0 | c >> 18);
    to[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    to[3] = (uint8_t)(0x80 | (c & 0x3f));
    return 4;
}

/* The character of a checked \u escape at `p`; *p goes behind it. */
static uint32_t unicode_escape(const uint8_t **p, const uint8_t *end) {
    uint32_t c = (uint32_t)hex4(*p + 2, end);
    *p += 6;
    if (c < 0xd800 || c > 0xdfff) return c;
    uint32_t low = (uint32_t)hex4(*p + 2, end);
    *p += 6;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

uint8_t *pt_json_unescape(pt_slice text, uint8_t *to) {
    static const char letters[] = "bfnrt", values[] = "\b\f\n\r\t";
    const uint8_t *p = text.ptr, *end = p + text.len;
    while (p < end) {
        const uint8_t *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape ? escape : end) - p);
        memmove(to, p, plain);
        to += plain;
        if (!escape) break;
        p = escape;
        if (p[1] == 'u') {
            to += put_utf8(to, unicode_escape(&p, end));
            continue;
        }
        const char *letter = strchr(letters, p[1]);
        *to++ = letter ? (uint8_t)values[letter - letters] : p[1];
        p += 2;
    }
    return to;
}
