/* The driver of `scripts/bench json`: JSON text to message and back, partie's codec and others in one process and thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec.h"
#include "common/options.h"
#include "common/plan.h"
#include "common/report.h"
#include "samples.h"

static const char usage[] =
    "usage: scripts/bench json [OPTION...]\n"
    "\n"
    "Reads and writes an event (287 bytes of JSON) and a list of 100 price bars (10.9 KB) with partie's codec, libprotobuf's\n"
    "JsonStringToMessage and MessageToJsonString, and simdjson, which reads into a document that knows no contract. That all "
    "understand\n"
    "the same is checked first.\n"
    "\n"
    "  --json FILE   write the results there too\n"
    "  --rounds N    measure everything N times, interleaved, and take medians (default: 9)\n"
    "  --seconds S   measure each for S seconds of processor time (default: 0.1)\n"
    "  --peers LIST  of partie, libprotobuf and simdjson (default: all)\n";

enum { NS, SPEED, N_METRICS };

static const pt_metric metrics[N_METRICS] = {
    [NS] = {.name = "ns", .title = "ns", .lower_is_better = true},
    [SPEED] = {.name = "mb_per_s", .title = "MB/s", .decimals = 1, .ratio = ""},
};

static const char *const peer_names[] = {"partie", "libprotobuf", "simdjson", NULL};

static const pt_codec *const codecs[] = {
    &pt_codec_partie,
#ifdef PT_BENCH_LIBPROTOBUF
    &pt_codec_libprotobuf,
#endif
#ifdef PT_BENCH_SIMDJSON
    &pt_codec_simdjson,
#endif
};
#define N_CODECS (sizeof codecs / sizeof *codecs)

typedef struct sample {
    const char *name, *type; /* "event", "Event" */
    pt_buf text;
} sample;

/* One codec with one sample. */
typedef struct operation {
    const pt_codec *codec;
    void *state;
    const sample *sample;
    char cell[2][16]; /* "event/parse", "event/print" */
} operation;

#define N_SAMPLES 2

typedef struct bench {
    const char *json, *peers;
    unsigned rounds;
    double seconds;
    sample samples[N_SAMPLES];
    operation operations[N_SAMPLES][N_CODECS];
    pt_case cases[N_SAMPLES * N_CODECS * 2];
    size_t n_cases;
} bench;

static pt_text text_of(const sample *s) {
    return (pt_text){(const char *)s->text.ptr, s->text.len};
}

static bool same(pt_text a, pt_text b) {
    return a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0;
}

static double cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static pt_code measure(const pt_case *c, void *arg, double *ret_values, pt_status *st) {
    const bench *b = arg;
    const operation *op = c->arg;
    bool print = c->cell == op->cell[1], ok = op->codec->parse(op->state, text_of(op->sample));
    double start = cpu_ns(), spent, runs = 0;
    do {
        for (int i = 0; i < 20; i++)
            ok = ok && (print ? op->codec->print(op->state) : op->codec->parse(op->state, text_of(op->sample)));
        runs += 20;
        spent = cpu_ns() - start;
    } while (spent < b->seconds * 1e9);
    if (!ok) return pt_status_set(st, PT_INTERNAL, "refused");
    ret_values[NS] = spent / runs;
    ret_values[SPEED] = (double)op->sample->text.len / ret_values[NS] * 1e3;
    return PT_OK;
}

/* The codec reads the sample as `reader` does, and `reader` reads what it writes as the same message again. */
static pt_code check(const operation *op, const operation *reader, pt_status *st) {
    const pt_codec *codec = op->codec;
    const char *wrong = NULL;
    if (!codec->parse(op->state, text_of(op->sample)) || !reader->codec->parse(reader->state, text_of(op->sample)))
        wrong = "is refused";
    else if (codec->print && !same(codec->wire(op->state), reader->codec->wire(reader->state)))
        wrong = "is read as another message";
    else if (codec->print && !codec->print(op->state))
        wrong = "cannot be written";
    else if (codec->print && !(reader->codec->parse(reader->state, codec->printed(op->state)) &&
                               same(codec->wire(op->state), reader->codec->wire(reader->state))))
        wrong = "is written as another message";
    return wrong ? pt_status_set(st, PT_INTERNAL, "%s: %s by %s, going by %s", op->sample->name, wrong, codec->peer,
                                 reader->codec->peer)
                 : PT_OK;
}

/* All codecs that there are against libprotobuf, or against partie where that is not there. */
static pt_code check_all(const bench *b, pt_status *st) {
    pt_code code = PT_OK;
    for (size_t i = 0; !code && i < N_SAMPLES; i++) {
        const operation *ops = b->operations[i], *reader = ops;
        for (size_t k = 1; k < N_CODECS; k++) {
            if (codecs[k]->print) reader = &ops[k];
        }
        for (size_t k = 0; !code && k < N_CODECS; k++)
            code = check(&ops[k], reader, st);
    }
    return code;
}

static void add_cases(bench *b) {
    for (size_t i = 0; i < N_SAMPLES; i++) {
        for (int print = 0; print < 2; print++) {
            for (size_t k = 0; k < N_CODECS; k++) {
                const operation *op = &b->operations[i][k];
                if (!pt_list_has(b->peers, op->codec->peer) || (print && !op->codec->print)) continue;
                b->cases[b->n_cases++] = (pt_case){.peer = op->codec->peer, .variant = "", .cell = op->cell[print], .arg = op};
            }
        }
    }
}

static pt_code open_all(bench *b, pt_status *st) {
    pt_code code = pt_sample_event(&b->samples[0].text);
    if (!code) code = pt_sample_bars(&b->samples[1].text);
    for (size_t i = 0; !code && i < N_SAMPLES; i++) {
        for (size_t k = 0; !code && k < N_CODECS; k++) {
            operation *op = &b->operations[i][k];
            op->sample = &b->samples[i];
            op->codec = codecs[k];
            op->state = op->codec->open(op->sample->type);
            snprintf(op->cell[0], sizeof op->cell[0], "%s/parse", op->sample->name);
            snprintf(op->cell[1], sizeof op->cell[1], "%s/print", op->sample->name);
            if (!op->state) code = pt_status_set(st, PT_INTERNAL, "%s cannot be started", op->codec->peer);
        }
    }
    return code;
}

static void close_all(bench *b) {
    for (size_t i = 0; i < N_SAMPLES; i++) {
        for (size_t k = 0; k < N_CODECS; k++)
            if (b->operations[i][k].state) codecs[k]->close(b->operations[i][k].state);
        pt_buf_done(&b->samples[i].text);
    }
}

static pt_code run(bench *b, pt_status *st) {
    pt_plan plan = {.subject = "json",
                    .ours = "partie",
                    .metrics = metrics,
                    .n_metrics = N_METRICS,
                    .cases = b->cases,
                    .rounds = b->rounds,
                    .measure = measure,
                    .arg = b};
    pt_code code = open_all(b, st);
    if (!code) code = check_all(b, st);
    if (code) return code;
    add_cases(b);
    plan.n_cases = b->n_cases;
    code = pt_plan_run(&plan, st);
    if (!code) pt_report_table(&plan);
    if (!code && b->json) code = pt_report_json(&plan, b->json, st);
    pt_plan_done(&plan);
    return code;
}

static void say_what_is_left_out(const char *peers) {
    for (const char *const *name = peer_names; *name; name++) {
        bool built = false;
        for (size_t k = 0; k < N_CODECS; k++)
            built = built || strcmp(codecs[k]->peer, *name) == 0;
        if (!built && pt_list_has(peers, *name))
            fprintf(stderr, "json: %s is left out: its packages were lacking when this was built (scripts/setup bench)\n",
                    *name);
    }
}

int main(int argc, char **argv) {
    static bench b = {.peers = "partie,libprotobuf,simdjson",
                      .rounds = 9,
                      .seconds = 0.1,
                      .samples = {{.name = "event", .type = "Event", .text = PT_BUF_INIT(PT_SAMPLE_BYTES)},
                                  {.name = "bars", .type = "Bars", .text = PT_BUF_INIT(PT_SAMPLE_BYTES)}}};
    const pt_option options[] = {{.name = "--json", .text = &b.json},
                                 {.name = "--peers", .text = &b.peers},
                                 {.name = "--rounds", .count = &b.rounds, .most = PT_PLAN_MAX_ROUNDS},
                                 {.name = "--seconds", .seconds = &b.seconds}};
    pt_status st = PT_STATUS_INIT;
    pt_options_read(argc, argv, usage, options, sizeof options / sizeof *options);
    pt_list_check("--peers", b.peers, peer_names);
    say_what_is_left_out(b.peers);
    pt_code code = run(&b, &st);
    if (code) fprintf(stderr, "json: %s\n", st.message);
    close_all(&b);
    pt_status_done(&st);
    return code ? 1 : 0;
}
