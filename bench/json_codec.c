/* How long the JSON codec takes for a 300-byte event and for a list of 100 price bars, both ways: ns and MB/s of text, the
 * median of rounds that are interleaved over all four.
 *
 *     json_codec [--json FILE] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <time.h>

#include "json/testing.h"

#define ROUNDS 15
#define ROUND_NS 40e6 /* processor time of one round of one operation */

typedef struct sample {
    const char *name, *type_name;
    const pt_type *type;
    pt_buf json, wire; /* the same message both ways */
} sample;

typedef struct operation {
    const sample *sample;
    bool parse;
    double ns[ROUNDS]; /* sorted in the end */
} operation;

static const char event_json[] =
    "{\"id\":\"evt-42\",\"type\":\"host.metric.threshold\",\"source\":\"collector-07.eu-west\","
    "\"time\":\"2024-03-15T12:34:56.789Z\",\"sequence\":\"1234567890123\",\"severity\":3,"
    "\"message\":\"disk usage above 90% on /var/lib/data\","
    "\"labels\":{\"host\":\"node-17\",\"region\":\"eu-west-1\",\"service\":\"ingest\",\"team\":\"storage\"}}";

static double cents(double value) {
    return round(value * 100) / 100;
}

/* A number from -0.5 to 0.5; the same sequence in every run. */
static double step(uint32_t *state) {
    *state = *state * 1103515245u + 12345u;
    return (*state >> 8 & 0xffff) / 65536.0 - 0.5;
}

static pt_code put_bar(pt_buf *out, int minute, double open, double close, uint32_t *state) {
    double high = fmax(open, close) + fabs(step(state)) * 20, low = fmin(open, close) - fabs(step(state)) * 20;
    double volume = round((step(state) + 0.6) * 1e5) / 1e4;
    return pt_buf_printf(out,
                         "%s{\"t\":\"2024-03-15T%02d:%02d:00Z\",\"open\":%.15g,\"high\":%.15g,\"low\":%.15g,\"close\":%.15g,"
                         "\"volume\":%.15g}",
                         minute ? "," : "", 12 + minute / 60, minute % 60, cents(open), cents(high), cents(low), cents(close),
                         volume);
}

static pt_code put_bars(pt_buf *out) {
    uint32_t state = 12345;
    double open = 61234.5;
    pt_code code = pt_buf_append_str(out, "{\"symbol\":\"BTC-EUR\",\"bars\":[");
    for (int minute = 0; !code && minute < 100; minute++) {
        double close = open + step(&state) * 40;
        code = put_bar(out, minute, open, close, &state);
        open = close;
    }
    return code ? code : pt_buf_append_str(out, "]}");
}

/* One run of an operation; the output's memory is reused, as a gateway does it. */
static void run(const operation *op, pt_buf *out) {
    const sample *s = op->sample;
    pt_buf_clear(out);
    pt_code code = op->parse ? pt_json_read(s->type, pt_buf_slice(&s->json), NULL, out, NULL)
                             : pt_json_write(s->type, pt_buf_slice(&s->wire), NULL, out, NULL);
    if (code) abort();
}

static double now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double measure(const operation *op, pt_buf *out) {
    double start = now_ns(), spent;
    long runs = 0;
    do {
        for (int i = 0; i < 200; i++)
            run(op, out);
        runs += 200;
        spent = now_ns() - start;
    } while (spent < ROUND_NS);
    return spent / (double)runs;
}

/* The wire form of the text; and the text must be what the codec itself writes. */
static void complete(sample *s, pt_code code) {
    pt_buf again = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    pt_status st = PT_STATUS_INIT;
    s->type = pt_json_testing_type(s->type_name);
    if (!code) code = pt_json_read(s->type, pt_buf_slice(&s->json), NULL, &s->wire, &st);
    if (!code) code = pt_json_write(s->type, pt_buf_slice(&s->wire), NULL, &again, &st);
    if (code || !pt_slice_equal(pt_buf_slice(&again), pt_buf_slice(&s->json))) {
        fprintf(stderr, "%s: %s\n", s->name, code ? st.message : "comes back as another text");
        exit(1);
    }
    pt_buf_done(&again);
}

static int by_size(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static void report(FILE *file, const operation *op, const char *format) {
    double ns = op->ns[ROUNDS / 2], bytes = (double)op->sample->json.len;
    fprintf(file, format, op->sample->name, op->parse ? "parse" : "print", ns, bytes / ns * 1e3, op->sample->json.len);
}

static int write_json(const char *path, const operation *ops, size_t n) {
    FILE *file = fopen(path, "w");
    struct utsname host;
    if (!file || uname(&host)) return 1;
    fprintf(file, "{\"benchmark\":\"json\",\"machine\":\"%s %s\",\"compiler\":\"%s\",\"rounds\":%d", host.sysname, host.machine,
            __VERSION__, ROUNDS);
    for (size_t i = 0; i < n; i++)
        report(file, &ops[i], ",\"%s/%s\":{\"ns\":%.1f,\"mb_per_s\":%.1f,\"json_bytes\":%zu}");
    fprintf(file, "}\n");
    return fclose(file) ? 1 : 0;
}

int main(int argc, char **argv) {
    sample event = {"event", "Event", NULL, PT_BUF_INIT(PT_JSON_TESTING_BYTES), PT_BUF_INIT(PT_JSON_TESTING_BYTES)};
    sample bars = {"bars", "Bars", NULL, PT_BUF_INIT(PT_JSON_TESTING_BYTES), PT_BUF_INIT(PT_JSON_TESTING_BYTES)};
    operation ops[] = {
        {.sample = &event, .parse = true}, {.sample = &event}, {.sample = &bars, .parse = true}, {.sample = &bars}};
    const size_t n = sizeof ops / sizeof *ops;
    if (argc != 1 && (argc != 3 || strcmp(argv[1], "--json") != 0)) {
        fprintf(stderr, "usage: %s [--json FILE]\n", argv[0]);
        return 2;
    }
    complete(&event, pt_buf_append_str(&event.json, event_json));
    complete(&bars, put_bars(&bars.json));
    pt_buf out = PT_BUF_INIT(PT_JSON_TESTING_BYTES);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < n; i++)
            ops[i].ns[round] = measure(&ops[i], &out);
    }
    for (size_t i = 0; i < n; i++) {
        qsort(ops[i].ns, ROUNDS, sizeof ops[i].ns[0], by_size);
        report(stdout, &ops[i], "%-5s %s %9.0f ns %7.1f MB/s  %zu bytes of text\n");
    }
    pt_buf_done(&out);
    return argc == 3 ? write_json(argv[2], ops, n) : 0;
}
