#include <stdlib.h>

#include "partie/kit/log.h"
#include "program/backend.h"
#include "program/clock.h"

#define CHECK_MS 2000     /* between questions to a backend that answers */
#define FIRST_PAUSE_MS 50 /* after a question that failed, doubling */
#define LAST_PAUSE_MS 1000
#define QUESTION_MS 5000 /* how long an answer may take */

typedef Partie__Reflection__V1__GetDescriptorsRequest descriptors_request;
typedef Partie__Reflection__V1__GetDescriptorsResponse descriptors;

static uint64_t now_ms(void) {
    return pt_now_ns() / PT_NS_PER_MS;
}

static void on_answer(pt_context *context, const descriptors *reply, void *arg) {
    pt_backend *one = arg;
    (void)context;
    pthread_mutex_lock(&one->all->lock);
    one->done = true;
    one->answer = reply; /* lives in the context until the next question */
    pthread_cond_signal(&one->all->wake);
    pthread_mutex_unlock(&one->all->lock);
}

static void ask(pt_backend *one) {
    descriptors_request request = PARTIE__REFLECTION__V1__GET_DESCRIPTORS_REQUEST__INIT;
    request.known_fingerprint = one->contract ? one->fingerprint : 0;
    pt_context_reset(&one->context);
    one->context.timeout_ms = QUESTION_MS;
    one->asking = true;
    partie__reflection__v1__reflection_service__get_descriptors_start(one->channel, &one->context, &request, on_answer, one);
}

static void set_error(pt_backend *one, const char *text) {
    char *copy = text ? strdup(text) : NULL;
    pthread_mutex_lock(&one->all->lock);
    char *old = one->error;
    one->error = copy;
    pthread_mutex_unlock(&one->all->lock);
    free(old);
}

static void set_state(pt_backend *one, pt_backend_state state) {
    if (one->state == state) return;
    pt_log(state == PT_BACKEND_UP ? PT_LOG_INFO : PT_LOG_WARN,
           (pt_log_field[]){PT_LOG_TEXT("backend", one->url), PT_LOG_TEXT("reason", one->error), PT_LOG_END}, "backend is %s",
           state == PT_BACKEND_UP ? "up" : "down");
    pthread_mutex_lock(&one->all->lock);
    one->state = state;
    pthread_mutex_unlock(&one->all->lock);
}

static pt_code load(const descriptors *answer, pt_contract **ret_contract, pt_status *st) {
    pt_schema *schema = pt_schema_new();
    if (!schema) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "contract: out of memory");
    for (size_t i = 0; i < answer->n_files; i++) {
        pt_code code = pt_schema_add_file(schema, pt_slice_of(answer->files[i].data, answer->files[i].len), st);
        if (code) {
            pt_schema_free(schema);
            return code;
        }
    }
    return pt_contract_new(schema, pt_backends_warn, NULL, ret_contract, st);
}

/* Takes the names over. False: no memory. */
static bool keep_services(pt_backend *one, const descriptors *answer) {
    bool kept = true;
    pthread_mutex_lock(&one->all->lock);
    one->n_services = 0;
    pt_arena_reset(&one->arena);
    one->services = pt_arena_calloc(&one->arena, answer->n_services, sizeof *one->services);
    for (size_t i = 0; one->services && kept && i < answer->n_services; i++) {
        one->services[i] = pt_arena_strdup(&one->arena, answer->services[i]);
        kept = one->services[i];
        one->n_services += kept;
    }
    kept = kept && one->services;
    pthread_mutex_unlock(&one->all->lock);
    return kept;
}

/* True when the table must be built anew. What can't be used leaves the routes as they were. */
static bool take_contract(pt_backend *one, const descriptors *answer) {
    pt_status st = PT_STATUS_INIT;
    pt_contract *contract = NULL;
    if (one->contract && answer->fingerprint == one->fingerprint) return false;
    pt_code code = load(answer, &contract, &st);
    if (!code && !keep_services(one, answer)) code = pt_status_set(&st, PT_RESOURCE_EXHAUSTED, "contract: out of memory");
    if (code) {
        pt_contract_unref(contract);
        if (!one->error || strcmp(one->error, st.message) != 0) {
            pt_log(PT_LOG_ERROR, (pt_log_field[]){PT_LOG_TEXT("backend", one->url), PT_LOG_END},
                   "its contract can't be used, routes stay as they were: %s", st.message);
            set_error(one, st.message);
        }
    } else {
        pt_contract_unref(one->contract);
        one->contract = contract;
        one->fingerprint = answer->fingerprint;
        set_error(one, NULL);
    }
    pt_status_done(&st);
    return !code;
}

static void take_failure(pt_backend *one) {
    set_error(one, one->context.status.message);
    set_state(one, PT_BACKEND_DOWN);
    one->next_ms = now_ms() + one->pause_ms;
    one->pause_ms = one->pause_ms * 2 < LAST_PAUSE_MS ? one->pause_ms * 2 : LAST_PAUSE_MS;
}

/* True when the table must be built anew. */
static bool take_answer(pt_backend *one) {
    pt_code code = one->context.status.code;
    /* A server without reflection is there all the same. */
    if (code && code != PT_UNIMPLEMENTED) {
        take_failure(one);
        return false;
    }
    if (one->state == PT_BACKEND_DOWN) set_error(one, NULL);
    bool changed = code == PT_OK && take_contract(one, one->answer), first = !one->answered;
    one->answered = true;
    one->pause_ms = FIRST_PAUSE_MS;
    one->next_ms = now_ms() + CHECK_MS;
    set_state(one, PT_BACKEND_UP);
    return first || changed;
}

static void rebuild(pt_backends *b) {
    pt_status st = PT_STATUS_INIT;
    if (pt_backends_rebuild(b, &st)) {
        pt_log(PT_LOG_ERROR, NULL, "routes stay as they were: %s", st.message);
    } else {
        pt_table *table = pt_backends_table(b);
        pt_log(PT_LOG_INFO,
               (pt_log_field[]){PT_LOG_NUMBER("routes", table->n_routes), PT_LOG_TEXT("waiting_for", table->waiting_for),
                                PT_LOG_END},
               "routes taken up");
        pt_table_unref(table);
    }
    pt_status_done(&st);
}

/* Looks at the answers, asks who is due; *ret_next_ms: when to look again at the latest. */
static void round_of_questions(pt_backends *b, uint64_t *ret_next_ms) {
    uint64_t now = now_ms(), next = now + CHECK_MS;
    bool changed = false;
    for (size_t i = 0; i < b->n; i++) {
        pt_backend *one = &b->list[i];
        pthread_mutex_lock(&b->lock);
        bool done = one->done;
        one->done = false;
        pthread_mutex_unlock(&b->lock);
        if (done) {
            one->asking = false;
            if (take_answer(one)) changed = true;
        }
        if (!one->asking && one->next_ms <= now) ask(one);
        if (!one->asking && one->next_ms < next) next = one->next_ms;
    }
    if (changed) rebuild(b);
    *ret_next_ms = next;
}

static bool any_done(const pt_backends *b) {
    for (size_t i = 0; i < b->n; i++)
        if (b->list[i].done) return true;
    return false;
}

void *pt_discovery_run(void *arg) {
    pt_backends *b = arg;
    for (size_t i = 0; i < b->n; i++)
        b->list[i].pause_ms = FIRST_PAUSE_MS;
    for (;;) {
        uint64_t next_ms;
        round_of_questions(b, &next_ms);
        struct timespec until = {.tv_sec = (time_t)(next_ms / 1000), .tv_nsec = (long)(next_ms % 1000 * PT_NS_PER_MS)};
        pthread_mutex_lock(&b->lock);
        int late = 0;
        while (!b->stop && !late && !any_done(b))
            late = pthread_cond_clockwait(&b->wake, &b->lock, CLOCK_MONOTONIC, &until);
        bool stop = b->stop;
        pthread_mutex_unlock(&b->lock);
        if (stop) return NULL;
    }
}
