#include "discovery/address_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of a line, which moves behind it; empty: there is none. */
static pt_slice take_word(pt_slice *line) {
    while (line->len && is_blank(*line->ptr))
        line->ptr++, line->len--;
    pt_slice word = {line->ptr, 0};
    while (line->len && !is_blank(*line->ptr))
        line->ptr++, line->len--, word.len++;
    if (word.len && *word.ptr == '#') word.len = line->len = 0;
    return word;
}

static pt_code read_weight(pt_slice word, uint32_t *ret_weight, pt_status *st) {
    uint32_t weight = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.ptr[i] < '0' || word.ptr[i] > '9' || weight > PT_WEIGHT_MAX)
            return pt_status_set(st, PT_INVALID_ARGUMENT, "%.*s: expected a weight, 1 to %d",
                                 (int)(word.len < 64 ? word.len : 64), (const char *)word.ptr, PT_WEIGHT_MAX);
        weight = weight * 10 + (uint32_t)(word.ptr[i] - '0');
    }
    *ret_weight = weight;
    return PT_OK;
}

static pt_code read_line(pt_slice line, pt_address_builder *found, pt_status *st) {
    uint32_t weight = 1;
    pt_slice url = take_word(&line);
    if (!url.len) return PT_OK;
    pt_slice word = take_word(&line);
    pt_code code = word.len ? read_weight(word, &weight, st) : PT_OK;
    if (!code && take_word(&line).len)
        code = pt_status_set(st, PT_INVALID_ARGUMENT, "expected a URL and at most a weight, but there is more");
    return code ? code : pt_address_builder_add(found, url, weight, st);
}

pt_code pt_address_text_read(pt_slice text, pt_address_builder *found, pt_status *st) {
    for (size_t number = 1; text.len; number++) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end ? (size_t)(end - text.ptr) : text.len;
        pt_code code = read_line(pt_slice_of(text.ptr, len), found, st);
        if (code) {
            pt_status_prefix(st, "line %zu", number);
            return code;
        }
        len += end != NULL;
        text = pt_slice_of(text.ptr + len, text.len - len);
    }
    return PT_OK;
}

static pt_code fail(int problem, pt_status *st) {
    pt_code code = problem == ENOENT || problem == ENOTDIR ? PT_NOT_FOUND
                   : problem == EACCES                     ? PT_PERMISSION_DENIED
                                                           : PT_UNAVAILABLE;
    return pt_status_set(st, code, "%s", strerror(problem));
}

static pt_code read_all(int fd, pt_buf *text, pt_status *st) {
    for (;;) {
        if (pt_buf_reserve(text, text->max - text->len < 65536 ? 1 : 65536))
            return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "over %u bytes", PT_ADDRESS_FILE_BYTES);
        ssize_t n = read(fd, text->ptr + text->len, text->cap - text->len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail(errno, st);
        if (n == 0) return PT_OK;
        text->len += (size_t)n;
    }
}

pt_code pt_address_file_read(const char *path, pt_address_builder *found, pt_status *st) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(errno, st);
    pt_buf text = PT_BUF_INIT(PT_ADDRESS_FILE_BYTES + 1);
    pt_code code = read_all(fd, &text, st);
    close(fd);
    if (!code) code = pt_address_text_read(pt_buf_slice(&text), found, st);
    pt_buf_done(&text);
    return code;
}
