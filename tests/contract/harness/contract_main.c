/* Main of a contract suite: starts the service under test with what it needs and the gateway in front of them, runs itself
 * again as the process that has the tests and learns from its environment where the programs are, and stops everything.
 *
 * PARTIE_CONTRACT_SERVICE (name), PARTIE_SERVICES_DIR and PARTIE_CASES_DIR (paths) come from the build. */
#include "probe.h"
#include "service_conf.h"

#include "support/program.h"
#include "support/tempdir.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <criterion/options.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SERVICES 16
#define MAX_ARGS (PT_SERVICE_CONF_WORDS + 3)
#define STOP_MS 20000
/* A service that a sanitizer has slowed down still starts within this. */
#define START_MS 30000

typedef struct started {
    char name[128];
    pt_program *program;
} started;

typedef struct contract_system {
    pt_tempdir folder;
    char data[256];                 /* folder of the service that is being started, in `folder` */
    started services[MAX_SERVICES]; /* in the order of their start: needed ones first */
    size_t n_services;
    pt_program *gateway;
} contract_system;

static _Noreturn void give_up(const char *what) {
    fprintf(stderr, "contract tests of %s: %s\n", PARTIE_CONTRACT_SERVICE, what);
    exit(2);
}

static started *find_service(contract_system *sys, const char *name) {
    for (size_t i = 0; i < sys->n_services; i++) {
        if (strcmp(sys->services[i].name, name) == 0) return &sys->services[i];
    }
    return NULL;
}

/* What `{...}` stands for, behind the brace; NULL: nothing. */
static const char *value_of(contract_system *sys, const char *name, size_t len) {
    char service[128];
    if (len == 4 && memcmp(name, "data", 4) == 0) return sys->data;
    if (len < 5 || memcmp(name, "url:", 4) != 0) return NULL;
    snprintf(service, sizeof service, "%.*s", (int)(len - 4), name + 4);
    started *s = find_service(sys, service);
    return s ? pt_program_url(s->program, 0) : NULL;
}

static void substitute(contract_system *sys, const char *path, const char *word, char *ret_text, size_t cap) {
    size_t used = 0;
    ret_text[0] = '\0';
    while (*word) {
        const char *end = *word == '{' ? strchr(word, '}') : NULL;
        const char *value = end ? value_of(sys, word + 1, (size_t)(end - word - 1)) : NULL;
        if (end && !value) {
            char what[600];
            snprintf(what, sizeof what, "%s: %s: there is only {data}, and {url:NAME} of a service that `needs` names", path,
                     word);
            give_up(what);
        }
        int n = value ? snprintf(ret_text + used, cap - used, "%s", value) : snprintf(ret_text + used, cap - used, "%c", *word);
        if (n < 0 || (size_t)n >= cap - used) give_up("service.conf: an argument is too long");
        used += (size_t)n;
        word = end ? end + 1 : word + 1;
    }
}

static pt_program *start_program(contract_system *sys, const char *name, const char *path, const pt_service_conf *conf) {
    static const pt_program_options options = {.listeners = 1, .start_timeout_ms = START_MS, .stop_timeout_ms = STOP_MS};
    static char texts[PT_SERVICE_CONF_WORDS][1024];
    pt_tempdir_file(&sys->folder, name, sys->data, sizeof sys->data);
    if (mkdir(sys->data, 0700) != 0) give_up("the folder for its data cannot be made");
    const char *args[MAX_ARGS] = {"--listen", "tcp://127.0.0.1:0"};
    for (size_t i = 0; i < conf->n_args; i++) {
        substitute(sys, path, conf->args[i], texts[i], sizeof texts[i]);
        args[i + 2] = texts[i];
    }
    return pt_program_start(name, args, &options);
}

static void start_service(contract_system *sys, const char *name, unsigned depth) {
    char path[4096], error[5000];
    pt_service_conf conf;
    if (find_service(sys, name)) return;
    snprintf(path, sizeof path, "%s/%s/service.conf", PARTIE_SERVICES_DIR, name);
    if (pt_service_conf_read(path, &conf, error, sizeof error) != 0) give_up(error);
    if (depth == MAX_SERVICES || sys->n_services == MAX_SERVICES)
        give_up("service.conf: services need each other in a ring, or too many");
    for (size_t i = 0; i < conf.n_needs; i++)
        start_service(sys, conf.needs[i], depth + 1);
    pt_program *program = start_program(sys, name, path, &conf);
    started *s = &sys->services[sys->n_services++];
    snprintf(s->name, sizeof s->name, "%s", name);
    s->program = program;
}

/* ---- what needed services are given before the tests ---- */

static int is_case(const struct dirent *entry) {
    return strstr(entry->d_name, ".json") != NULL;
}

static int is_folder(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void call_case(const char *url, const char *method, const char *path) {
    static const pt_program_options options = {.listeners = 0, .start_timeout_ms = START_MS, .stop_timeout_ms = STOP_MS};
    char json[65536];
    FILE *file = fopen(path, "re");
    size_t len = file ? fread(json, 1, sizeof json - 1, file) : 0;
    if (!file || !feof(file)) give_up(path);
    fclose(file);
    json[len] = '\0';
    pt_program *call = pt_program_start("partie", PT_ARGS("call", "--rest", url, method, json), &options);
    if (pt_program_wait(call, START_MS) != 0) {
        char *text = pt_program_stderr(call);
        fprintf(stderr, "%s: %s", path, text);
        free(text);
        give_up("a needed service refused a hand-written request");
    }
    pt_program_free(call);
}

/* Calls `visit` for the entries of a folder that `filter` takes, by name. A folder that is not there has none. */
static void each_entry(const char *folder, int (*filter)(const struct dirent *),
                       void (*visit)(const char *folder, const char *name, const void *arg), const void *arg) {
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, filter, alphasort);
    for (int i = 0; i < n; i++) {
        visit(folder, entries[i]->d_name, arg);
        free(entries[i]);
    }
    free(entries);
}

typedef struct method_cases {
    const char *url, *method;
} method_cases;

static void visit_case(const char *folder, const char *name, const void *arg) {
    const method_cases *m = arg;
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    call_case(m->url, m->method, path);
}

static void visit_method(const char *folder, const char *name, const void *arg) {
    char path[8192], method[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(method, sizeof method, "%s/%s", strrchr(folder, '/') + 1, name);
    const method_cases m = {.url = arg, .method = method};
    each_entry(path, is_case, visit_case, &m);
}

/* Folders of cases are called by the service of the contract: ingest_events.v1.IngestEventsService. */
static void visit_service(const char *folder, const char *name, const void *arg) {
    const started *s = arg;
    char prefix[sizeof s->name + 2], path[4096];
    snprintf(prefix, sizeof prefix, "%s.v", s->name);
    for (char *c = prefix; *c; c++)
        *c = *c == '-' ? '_' : *c;
    if (strncmp(name, prefix, strlen(prefix)) != 0) return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    each_entry(path, is_folder, visit_method, pt_program_url(s->program, 0));
}

/* Needed services get their own hand-written requests, so that the one under test finds something there. */
static void fill_needed(contract_system *sys) {
    for (size_t i = 0; i + 1 < sys->n_services; i++)
        each_entry(PARTIE_CASES_DIR, is_folder, visit_service, &sys->services[i]);
}

/* ---- */

static void start_gateway(contract_system *sys) {
    static const pt_program_options options = {.listeners = 1, .start_timeout_ms = START_MS, .stop_timeout_ms = STOP_MS};
    const char *args[2 * MAX_SERVICES + 5] = {"--listen", "127.0.0.1:0", "--access-log", "off"};
    for (size_t i = 0; i < sys->n_services; i++) {
        args[2 * i + 4] = "--backend";
        args[2 * i + 5] = pt_program_url(sys->services[i].program, 0);
    }
    sys->gateway = pt_program_start("partie-gateway", args, &options);
}

static void tell_tests(contract_system *sys) {
    pt_random seeded;
    char text[32];
    started *tested = find_service(sys, PARTIE_CONTRACT_SERVICE);
    pt_random_init(&seeded);
    snprintf(text, sizeof text, "%" PRIu64, seeded.state);
    setenv(PT_ENV_SEED, text, 1);
    snprintf(text, sizeof text, "%d", (int)pt_program_pid(tested->program));
    setenv(PT_ENV_SERVICE_PID, text, 1);
    setenv(PT_ENV_SERVICE_URL, pt_program_url(tested->program, 0), 1);
    setenv(PT_ENV_GATEWAY_URL, pt_program_url(sys->gateway, 0), 1);
    setenv(PT_ENV_CASES, PARTIE_CASES_DIR, 0);
}

/* Stops a program and tells whether it had lived until then and ended with 0. */
static bool stop_program(const char *name, pt_program *program) {
    bool lived = pt_program_running(program);
    if (lived) pt_program_signal(program, SIGTERM);
    int status = pt_program_wait(program, STOP_MS);
    bool ok = lived && status == 0;
    if (!ok) {
        char *text = pt_program_stderr(program);
        fprintf(stderr, "%s %s with status %d\n--- its stderr ---\n%s--- end ---\n", name,
                lived ? "was stopped and ended" : "ended during the tests", status, text);
        free(text);
    }
    pt_program_free(program);
    return ok;
}

static bool stop_system(contract_system *sys) {
    bool ok = stop_program("partie-gateway", sys->gateway);
    while (sys->n_services) {
        started *s = &sys->services[--sys->n_services];
        ok &= stop_program(s->name, s->program);
    }
    pt_tempdir_done(&sys->folder);
    return ok;
}

/* Criterion names skipped tests only when it is told to name all. A disabled one is one that --filter leaves out. */
ReportHook(POST_TEST)(struct criterion_test_stats *stats) {
    if (stats->test_status == CR_STATUS_SKIPPED && !stats->test->data->disabled)
        fprintf(stderr, "[SKIP] %s::%s: %s\n", stats->test->category, stats->test->name, stats->message ? stats->message : "");
}

/* ---- the two processes of a suite ---- */

/* Runs this program again, as the one that has the tests, and waits. Criterion waits for any child of its process, so programs
 * that may die during a test must not be among them. Returns its exit status. */
static int run_tests(char **argv) {
    char *again[MAX_ARGS + 4] = {"setpriv", "--pdeathsig=KILL", "/proc/self/exe"};
    char self[4096] = "";
    pid_t pid;
    int status = 0;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) give_up("/proc/self/exe cannot be read");
    again[2] = self;
    for (size_t i = 1; i < MAX_ARGS && argv[i]; i++)
        again[i + 2] = argv[i];
    int error = posix_spawnp(&pid, again[0], NULL, NULL, again, environ);
    if (error) give_up(strerror(error));
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int run_system(char **argv) {
    static contract_system sys;
    pt_tempdir_init(&sys.folder);
    start_service(&sys, PARTIE_CONTRACT_SERVICE, 0);
    fill_needed(&sys);
    start_gateway(&sys);
    tell_tests(&sys);
    int status = run_tests(argv);
    return stop_system(&sys) ? status : 1;
}

static int run_criterion(int argc, char **argv) {
    struct criterion_test_set *tests = criterion_initialize();
    int status = 0;
    criterion_options.jobs = 1; /* a flood of one test must not be another's late answer */
    if (criterion_handle_args(argc, argv, true)) status = !criterion_run_all_tests(tests);
    criterion_finalize(tests);
    return status;
}

/* Visible, as Criterion starts each test as a new process of this program and looks `main` up there to put its own in place. */
__attribute__((visibility("default"))) int main(int argc, char **argv) {
    return getenv(PT_ENV_SERVICE_URL) ? run_criterion(argc, argv) : run_system(argv);
}
