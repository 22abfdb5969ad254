/* Text as JSON strings. */
#include "core/utf8.h"
#include "json/scan.h"
#include "json/write.h"

#define ESCAPE_BYTES 6 /* \u001f */
#define SLACK 16       /* what the loop may write beyond one byte for each byte that is left */

/* Writes the escape of a control character, quote or backslash. */
static uint8_t *put_escape(uint8_t *to, uint8_t c) {
    static const char letters[0x20] = {['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789abcdef";
    *to++ = '\\';
    if (c >= 0x20) {
        *to++ = c;
    } else if (letters[c]) {
        *to++ = (uint8_t)letters[c];
    } else {
        memcpy(to, "u00", 3);
        to[3] = (uint8_t)hex[c >> 4];
        to[4] = (uint8_t)hex[c & 15];
        to += 5;
    }
    return to;
}

/* Copies words without special bytes; *p and the result stand at the first word that has one, or that isn't whole. */
static uint8_t *copy_words(uint8_t *to, const uint8_t **p, const uint8_t *end) {
    const uint8_t *from = *p;
    for (; end - from >= 8; from += 8, to += 8) {
        memcpy(to, from, 8);
        uint64_t marks = pt_special_bytes(pt_load_word(from));
        if (!marks) continue;
        unsigned plain = (unsigned)__builtin_ctzll(marks) >> 3;
        *p = from + plain;
        return to + plain;
    }
    while (from < end && !pt_special_byte(*from))
        *to++ = *from++;
    *p = from;
    return to;
}

/* Writes one special byte or character at *p; NULL: it is not UTF-8. */
static uint8_t *copy_special(uint8_t *to, const uint8_t **p, const uint8_t *end) {
    if (**p < 0x80) return put_escape(to, *(*p)++);
    size_t len = pt_utf8_char(*p, (size_t)(end - *p));
    if (len == 0) return NULL;
    memcpy(to, *p, len);
    *p += len;
    return to + len;
}

/* Appends `text` quoted. *ret_bad: the first byte that is not UTF-8, where it stopped; NULL: there is none, or `repair`. */
static pt_code quote(pt_buf *out, pt_slice text, bool repair, const uint8_t **ret_bad) {
    const uint8_t *p = text.ptr, *end = text.len ? p + text.len : p;
    *ret_bad = NULL;
    if (!pt_json_make_room(out, text.len + SLACK)) return PT_RESOURCE_EXHAUSTED;
    uint8_t *to = out->ptr + out->len;
    *to++ = '"';
    for (;;) {
        to = copy_words(to, &p, end);
        if (p == end) break;
        uint8_t *next = copy_special(to, &p, end);
        if (!next && !repair) {
            *ret_bad = p;
            return PT_INVALID_ARGUMENT;
        }
        if (!next) {
            memcpy(to, "\xef\xbf\xbd", 3);
            next = to + 3;
            p++;
        }
        out->len = (size_t)(next - out->ptr);
        if (!pt_json_make_room(out, (size_t)(end - p) + SLACK)) return PT_RESOURCE_EXHAUSTED;
        to = out->ptr + out->len;
    }
    *to++ = '"';
    out->len = (size_t)(to - out->ptr);
    return PT_OK;
}

pt_code pt_json_quote(pt_buf *out, pt_slice text) {
    const uint8_t *bad;
    size_t before = out->len;
    pt_code code = quote(out, text, true, &bad);
    if (code) out->len = before;
    return code;
}

bool pt_json_put_text(pt_json_writer *w, pt_slice text) {
    const uint8_t *bad;
    pt_code code = quote(w->out, text, false, &bad);
    if (code == PT_OK) return true;
    if (bad) return pt_json_fail(&w->report, PT_INVALID_ARGUMENT, bad, "a string isn't UTF-8");
    return pt_json_no_room(&w->report);
}

bool pt_json_put_word(pt_json_writer *w, const char *word) {
    return pt_buf_append_str(w->out, word) == PT_OK || pt_json_no_room(&w->report);
}
