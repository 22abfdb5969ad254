/* What the json benchmark measures of each peer. C and C++. */
#ifndef PT_BENCH_CODEC_H
#define PT_BENCH_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Borrowed from the state that gave it, until its next call. */
typedef struct pt_text {
    const char *bytes;
    size_t len;
} pt_text;

typedef struct pt_codec {
    const char *peer;

    /* A state for messages of a type of samples.proto ("Event"). NULL: it cannot. */
    void *(*open)(const char *type);
    void (*close)(void *state);

    /* Reads a text. False: it is refused. */
    bool (*parse)(void *state, pt_text json);

    /* Writes the message that was read last. False: it cannot. NULL: it never can, and has no wire form either. */
    bool (*print)(void *state);

    /* What print gave, and the wire bytes of the message that was read last, map entries by key. Not measured. */
    pt_text (*printed)(void *state);
    pt_text (*wire)(void *state);
} pt_codec;

extern const pt_codec pt_codec_partie, pt_codec_libprotobuf, pt_codec_simdjson;

#ifdef __cplusplus
}
#endif

#endif
