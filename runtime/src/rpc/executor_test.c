#include "rpc/executor.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "support/clock.h"

/* A gate that tasks wait at. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open;
    unsigned inside;
} gate;

#define GATE_INIT                                                                                                              \
    { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

typedef struct job {
    pt_task task;
    gate *gate;
    atomic_uint *count;
    unsigned number, *ran_as;
} job;

static void wait_at(pt_task *task) {
    gate *g = ((job *)task)->gate;
    pthread_mutex_lock(&g->lock);
    g->inside++;
    pthread_cond_broadcast(&g->changed);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void wait_inside(gate *g, unsigned n) {
    pthread_mutex_lock(&g->lock);
    while (g->inside < n)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void open_gate(gate *g) {
    pthread_mutex_lock(&g->lock);
    g->open = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

static void count_up(pt_task *task) {
    job *j = (job *)task;
    unsigned place = atomic_fetch_add(j->count, 1);
    if (j->ran_as) j->ran_as[place] = j->number;
}

static pt_executor *new_executor(uint32_t threads, uint32_t queue) {
    pt_executor *e = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_executor_new(&(pt_executor_options){.name = "test", .threads = threads, .queue = queue}, &e, &st), PT_OK,
                 "%s", st.message);
    return e;
}

Test(executor, runs_everything_that_it_took) {
    enum { N = 20000 };
    atomic_uint count = 0;
    job *jobs = calloc(N, sizeof *jobs);
    pt_executor *e = new_executor(4, N);
    for (int i = 0; i < N; i++) {
        jobs[i] = (job){.task.run = count_up, .count = &count};
        cr_assert(pt_executor_submit(e, &jobs[i].task));
    }
    pt_executor_free(e); /* waits for the queue */
    cr_assert_eq(atomic_load(&count), N);
    free(jobs);
}

Test(executor, keeps_the_order_with_one_thread) {
    enum { N = 1000 };
    atomic_uint count = 0;
    unsigned ran_as[N];
    job jobs[N];
    pt_executor *e = new_executor(1, N);
    for (unsigned i = 0; i < N; i++) {
        jobs[i] = (job){.task.run = count_up, .count = &count, .number = i, .ran_as = ran_as};
        cr_assert(pt_executor_submit(e, &jobs[i].task));
    }
    pt_executor_free(e);
    for (unsigned i = 0; i < N; i++)
        cr_assert_eq(ran_as[i], i);
}

Test(executor, refuses_what_does_not_fit_its_queue) {
    gate g = GATE_INIT;
    atomic_uint count = 0;
    job running[2], queued[3], refused = {.task.run = count_up, .count = &count};
    pt_executor *e = new_executor(2, 3);
    for (unsigned i = 0; i < 2; i++) {
        running[i] = (job){.task.run = wait_at, .gate = &g};
        cr_assert(pt_executor_submit(e, &running[i].task));
        wait_inside(&g, i + 1);
    }
    for (int i = 0; i < 3; i++) {
        queued[i] = (job){.task.run = count_up, .count = &count};
        cr_assert(pt_executor_submit(e, &queued[i].task));
    }
    cr_expect_not(pt_executor_submit(e, &refused.task));
    open_gate(&g);
    pt_executor_free(e);
    cr_expect_eq(atomic_load(&count), 3);
}

Test(executor, without_a_queue_takes_what_an_idle_thread_can_run) {
    gate g = GATE_INIT;
    job first = {.task.run = wait_at, .gate = &g}, second = {.task.run = wait_at, .gate = &g};
    pt_executor *e = new_executor(1, 0);
    cr_expect(pt_executor_submit(e, &first.task));
    wait_inside(&g, 1);
    cr_expect_not(pt_executor_submit(e, &second.task));
    open_gate(&g);
    pt_executor_free(e);
}

static bool has_counted(void *arg) {
    return atomic_load((atomic_uint *)arg) == 8;
}

/* A long queue is taken in batches; a slow task must not hold the rest back from threads that are idle. */
Test(executor, does_not_let_tasks_wait_behind_a_slow_one) {
    gate g = GATE_INIT;
    atomic_uint count = 0;
    job slow = {.task.run = wait_at, .gate = &g}, fast[8];
    pt_executor *e = new_executor(4, 100);
    cr_assert(pt_executor_submit(e, &slow.task));
    wait_inside(&g, 1);
    for (int i = 0; i < 8; i++) {
        fast[i] = (job){.task.run = count_up, .count = &count};
        cr_assert(pt_executor_submit(e, &fast[i].task));
    }
    cr_expect(pt_wait_until(has_counted, &count, 10000), "%u of 8 ran", atomic_load(&count));
    open_gate(&g);
    pt_executor_free(e);
}

Test(executor, refuses_options_out_of_range) {
    static const pt_executor_options bad[] = {
        {.name = NULL, .threads = 1},
        {.name = "", .threads = 1},
        {.name = "x", .threads = 0},
        {.name = "x", .threads = 257},
        {.name = "x", .threads = 1, .queue = 1000001},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pt_executor *e = (pt_executor *)&e;
        pt_status st = PT_STATUS_INIT;
        cr_expect_eq(pt_executor_new(&bad[i], &e, &st), PT_INVALID_ARGUMENT);
        cr_expect_eq((void *)e, (void *)&e, "output changed on failure");
        cr_expect(strstr(st.message, "executor"), "%s", st.message);
    }
}
