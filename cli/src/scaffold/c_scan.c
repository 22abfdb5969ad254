#include "c_scan.h"

#include <ctype.h>

typedef enum token_kind { TOKEN_END, TOKEN_COMMENT, TOKEN_DIRECTIVE, TOKEN_WORD, TOKEN_LITERAL, TOKEN_MARK } token_kind;

typedef struct token {
    token_kind kind;
    const uint8_t *start, *end;
    bool after_blank_line;
} token;

typedef struct reader {
    const uint8_t *at, *end;
    bool line_start; /* nothing but blanks so far on this line */
} reader;

static bool starts(const reader *r, const char *text) {
    size_t len = strlen(text);
    return (size_t)(r->end - r->at) >= len && memcmp(r->at, text, len) == 0;
}

static bool word_byte(uint8_t c) {
    return isalnum(c) || c == '_' || c >= 0x80;
}

static void skip_block_comment(reader *r) {
    r->at += 2;
    while (r->at < r->end && !starts(r, "*/"))
        r->at++;
    r->at += starts(r, "*/") ? 2 : 0;
}

static void skip_line_comment(reader *r) {
    while (r->at < r->end && *r->at != '\n')
        r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
}

static void skip_literal(reader *r) {
    uint8_t quote = *r->at++;
    while (r->at < r->end && *r->at != quote && *r->at != '\n')
        r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
    if (r->at < r->end && *r->at == quote) r->at++;
}

/* To the end of the line, over line ends that a backslash or a comment hides. */
static void skip_directive(reader *r) {
    while (r->at < r->end && *r->at != '\n') {
        if (starts(r, "/*"))
            skip_block_comment(r);
        else if (starts(r, "//"))
            skip_line_comment(r);
        else if (*r->at == '"')
            skip_literal(r);
        else
            r->at += *r->at == '\\' && r->at + 1 < r->end ? 2 : 1;
    }
}

static bool skip_blanks(reader *r) {
    unsigned lines = 0;
    for (; r->at < r->end && isspace(*r->at); r->at++) {
        if (*r->at != '\n') continue;
        lines++;
        r->line_start = true;
    }
    return lines > 1;
}

static token next_token(reader *r) {
    token t = {.after_blank_line = skip_blanks(r)};
    t.start = r->at;
    if (r->at == r->end) {
        t.kind = TOKEN_END;
    } else if (starts(r, "/*")) {
        t.kind = TOKEN_COMMENT;
        skip_block_comment(r);
    } else if (starts(r, "//")) {
        t.kind = TOKEN_COMMENT;
        skip_line_comment(r);
    } else if (*r->at == '#' && r->line_start) {
        t.kind = TOKEN_DIRECTIVE;
        skip_directive(r);
    } else if (*r->at == '"' || *r->at == '\'') {
        t.kind = TOKEN_LITERAL;
        skip_literal(r);
    } else if (word_byte(*r->at)) {
        t.kind = TOKEN_WORD;
        while (r->at < r->end && word_byte(*r->at))
            r->at++;
    } else {
        t.kind = TOKEN_MARK;
        r->at++;
    }
    if (t.kind != TOKEN_COMMENT) r->line_start = false;
    t.end = r->at;
    return t;
}

static bool is_mark(const token *t, char mark) {
    return t->kind == TOKEN_MARK && *t->start == (uint8_t)mark;
}

static bool is_word(const token *t, const char *word) {
    return t->kind == TOKEN_WORD && pt_slice_equal(pt_slice_of(t->start, (size_t)(t->end - t->start)), pt_slice_str(word));
}

/* Behind an opening bracket: goes past the one that closes it. False: there is none. */
static bool skip_bracketed(reader *r, char open, char close) {
    unsigned depth = 1;
    while (depth) {
        token t = next_token(r);
        if (t.kind == TOKEN_END) return false;
        depth += is_mark(&t, open);
        depth -= is_mark(&t, close);
    }
    return true;
}

/* What is known of the declaration that the scan is in. */
typedef struct declaration {
    const uint8_t *comment; /* start of the comments directly above, or NULL */
    const uint8_t *start;   /* first token, or NULL */
    token name;             /* the word before the parameters, or TOKEN_END */
    token last;             /* latest token */
    bool other;             /* a typedef or an initialiser: no function */
} declaration;

static void note_comment(declaration *d, const token *t) {
    if (d->start) return;
    if (!d->comment || t->after_blank_line) d->comment = t->start;
}

static void note_token(declaration *d, const token *t) {
    if (!d->start) {
        d->start = t->start;
        if (t->after_blank_line) d->comment = NULL;
        d->other = is_word(t, "typedef");
    }
    if (is_mark(t, '=')) d->other = true;
    d->last = *t;
}

static void finish(const declaration *d, const uint8_t *end, bool has_body, pt_c_function *ret) {
    const uint8_t *start = d->comment ? d->comment : d->start;
    ret->name = pt_slice_of(d->name.start, (size_t)(d->name.end - d->name.start));
    ret->text = pt_slice_of(start, (size_t)(end - start));
    ret->has_body = has_body;
}

/* Behind `(`: the word before it is the function's name unless it is an attribute's. */
static bool take_parameters(reader *r, declaration *d, const token *before) {
    bool attribute = is_word(before, "__attribute__") || is_word(before, "_Alignas") || is_word(before, "_Static_assert");
    if (before->kind == TOKEN_WORD && !attribute && d->name.kind == TOKEN_END) d->name = *before;
    return skip_bracketed(r, '(', ')');
}

bool pt_c_scan_next(pt_c_scan *scan, pt_c_function *ret_function) {
    reader r = {scan->rest.ptr, scan->rest.ptr + scan->rest.len, true};
    declaration d = {0};
    for (token t = next_token(&r); t.kind != TOKEN_END; t = next_token(&r)) {
        if (t.kind == TOKEN_COMMENT) {
            note_comment(&d, &t);
            continue;
        }
        if (t.kind == TOKEN_DIRECTIVE) {
            if (!d.start) d.comment = NULL;
            continue;
        }
        token before = d.last;
        note_token(&d, &t);
        if (is_mark(&t, '(') && !take_parameters(&r, &d, &before)) break;
        bool body = is_mark(&t, '{');
        if (body && !skip_bracketed(&r, '{', '}')) break;
        bool function = d.name.kind == TOKEN_WORD && !d.other;
        bool ends = is_mark(&t, ';') || (body && function);
        if (!ends) continue;
        if (function) {
            finish(&d, r.at, body, ret_function);
            scan->rest = pt_slice_of(r.at, (size_t)(r.end - r.at));
            return true;
        }
        d = (declaration){0};
    }
    scan->rest = (pt_slice){0};
    return false;
}

bool pt_c_defines(pt_slice text, pt_slice name, pt_c_function *ret_function) {
    pt_c_scan scan = {.rest = text};
    pt_c_function function;
    while (pt_c_scan_next(&scan, &function)) {
        if (!function.has_body || !pt_slice_equal(function.name, name)) continue;
        if (ret_function) *ret_function = function;
        return true;
    }
    return false;
}
