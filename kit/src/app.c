#include "partie/kit/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "partie/kit/log.h"
#include "partie/server.h"
#include "partie/version.h"
#include "ready_file.h"

#define HELP_BYTES 65536
#define ANNOUNCE_BYTES 65536

struct pt_app {
    const pt_app_options *options;
    pt_server *server; /* NULL without listen */
    pt_buf urls;       /* of all listeners, a line each */
    bool check_only;
    pt_flag_list listen;
    uint32_t drain_ms, max_calls;
    uint32_t log_level, log_format;
    const char *ready_file; /* "": none */
};

/* Parsing happens before anything is open, and a process has one app: the flags may point here. */
static pt_app the_app;

static const pt_flag server_flags[] = {
    {.name = "listen",
     .kind = PT_FLAG_LIST,
     .value = &the_app.listen,
     .arg = "URL",
     .required = true,
     .help = "where to take calls: tcp://ADDRESS:PORT (port 0: a free one), ipc:///PATH"},
    {.name = "drain",
     .kind = PT_FLAG_MS,
     .value = &the_app.drain_ms,
     .arg = "TIME",
     .max = 3600000,
     .help = "longest wait for running calls when told to stop"},
    {.name = "max-calls",
     .kind = PT_FLAG_U32,
     .value = &the_app.max_calls,
     .arg = "N",
     .min = 1,
     .max = 65536,
     .help = "calls that may be under way at once; further ones wait"},
};

static const pt_flag common_flags[] = {
    {.name = "ready-file",
     .kind = PT_FLAG_TEXT,
     .value = &the_app.ready_file,
     .arg = "PATH",
     .help = "file that holds the URLs while the program is ready"},
    {.name = "log-level",
     .kind = PT_FLAG_CHOICE,
     .value = &the_app.log_level,
     .arg = "LEVEL",
     .choices = pt_log_level_names,
     .help = "least level that is logged"},
    {.name = "log-format",
     .kind = PT_FLAG_CHOICE,
     .value = &the_app.log_format,
     .arg = "FORMAT",
     .choices = pt_log_format_names,
     .help = "form of the log on stderr"},
    {.name = "check-config",
     .kind = PT_FLAG_BOOL,
     .value = &the_app.check_only,
     .help = "check flags and environment, open nothing, exit"},
};

static int report_usage(const pt_app *app, const pt_status *st) {
    fprintf(stderr, "%s: %s\n", app->options->name, st->message);
    return PT_EXIT_USAGE;
}

static int print_help(const pt_flags *flags) {
    pt_buf help = PT_BUF_INIT(HELP_BYTES);
    pt_code code = pt_flags_help(flags, &help);
    if (!code) fwrite(help.ptr, 1, help.len, stdout);
    pt_buf_done(&help);
    return code || fflush(stdout) != 0 ? PT_EXIT_FAILURE : PT_EXIT_OK;
}

/* Applies flags and environment. -1: go on; otherwise the exit code. */
static int configure(pt_app *app, int argc, char **argv) {
    const pt_app_options *o = app->options;
    pt_flag_group groups[3];
    size_t n_groups = 0;
    if (o->n_flags) groups[n_groups++] = (pt_flag_group){"Flags", o->flags, o->n_flags};
    if (o->listen) groups[n_groups++] = (pt_flag_group){"Server", server_flags, sizeof server_flags / sizeof *server_flags};
    groups[n_groups++] = (pt_flag_group){"Program", common_flags, sizeof common_flags / sizeof *common_flags};
    const pt_flags flags = {
        .program = o->name, .summary = o->summary, .epilog = o->epilog, .groups = groups, .n_groups = n_groups};
    pt_status st = PT_STATUS_INIT;
    pt_flags_action action;
    int n_arguments;
    if (pt_flags_parse(&flags, argc, argv, &action, &n_arguments, &st)) return report_usage(app, &st);
    if (action == PT_FLAGS_HELP) return print_help(&flags);
    if (action == PT_FLAGS_VERSION) return printf("%s %s\n", o->name, PT_VERSION) < 0 ? PT_EXIT_FAILURE : PT_EXIT_OK;
    pt_log_configure(o->name, (pt_log_level)app->log_level, (pt_log_format)app->log_format);
    if (o->check && o->check(o->self, &st)) return report_usage(app, &st);
    if (!app->check_only) return -1;
    printf("%s: the configuration is valid\n", o->name);
    return PT_EXIT_OK;
}

pt_server *pt_app_server(pt_app *app) {
    return app->server;
}

pt_code pt_app_announce(pt_app *app, const char *url, pt_status *st) {
    if (!pt_buf_printf(&app->urls, "%s\n", url)) return PT_OK;
    return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "%s: out of memory", url);
}

static pt_code listen_all(pt_app *app, pt_status *st) {
    for (size_t i = 0; i < app->listen.n_items; i++) {
        pt_code code = pt_server_listen(app->server, app->listen.items[i], st);
        if (!code) code = pt_app_announce(app, pt_server_url(app->server, i), st);
        if (code) return code;
    }
    return PT_OK;
}

static pt_code open_all(pt_app *app, pt_status *st) {
    const pt_app_options *o = app->options;
    pt_server_options server_options = PT_SERVER_OPTIONS_INIT;
    server_options.max_calls = app->max_calls;
    pt_code code = o->listen ? pt_server_new(&server_options, &app->server, st) : PT_OK;
    if (!code) code = o->start(o->self, app, st);
    if (!code && app->server) code = listen_all(app, st);
    if (!code && *app->ready_file) code = pt_ready_file_write(app->ready_file, pt_buf_slice(&app->urls), st);
    return code;
}

static void print_urls(pt_app *app) {
    const char *urls = pt_buf_cstr(&app->urls);
    for (const char *line = urls; line && *line;) {
        size_t len = strcspn(line, "\n");
        printf("listening %.*s\n", (int)len, line);
        pt_log(PT_LOG_INFO, NULL, "listening on %.*s", (int)len, line);
        line += len + (line[len] == '\n');
    }
    fflush(stdout);
}

/* The signals stay blocked afterwards: who starts programs often sends one twice (to the group, then to each), and that must
 * not cut the drain short, which has its own limit. */
static void wait_for_signal(const sigset_t *signals) {
    int number = 0;
    sigwait(signals, &number);
    pt_log(PT_LOG_INFO, NULL, "%s: stopping", number == SIGINT ? "SIGINT" : "SIGTERM");
}

/* False: calls were still running. */
static bool drain(pt_app *app) {
    if (*app->ready_file) unlink(app->ready_file);
    if (app->options->drain) app->options->drain(app->options->self);
    return !app->server || pt_server_drain(app->server, app->drain_ms) == PT_OK;
}

static void close_all(pt_app *app) {
    app->options->stop(app->options->self);
    pt_server_close(app->server);
    pt_buf_done(&app->urls);
    pt_flag_list_done(&app->listen);
}

static int run(pt_app *app, const sigset_t *signals) {
    pt_status st = PT_STATUS_INIT;
    if (open_all(app, &st)) {
        pt_log(PT_LOG_ERROR, (pt_log_field[]){PT_LOG_TEXT("code", pt_code_name(st.code)), PT_LOG_END}, "can't start: %s",
               st.message);
        close_all(app);
        pt_status_done(&st);
        return PT_EXIT_FAILURE;
    }
    print_urls(app);
    wait_for_signal(signals);
    if (!drain(app)) {
        /* Handlers still run: what they use can't be freed. What was answered is on the disk. */
        pt_log(PT_LOG_ERROR, NULL, "calls still ran after %u ms and were cut off; see --drain", app->drain_ms);
        _exit(PT_EXIT_FAILURE);
    }
    close_all(app);
    pt_log(PT_LOG_INFO, NULL, "stopped");
    return PT_EXIT_OK;
}

int pt_app_main(const pt_app_options *options, int argc, char **argv) {
    pt_app *app = &the_app;
    pt_server_options defaults = PT_SERVER_OPTIONS_INIT;
    *app = (pt_app){.options = options,
                    .urls = PT_BUF_INIT(ANNOUNCE_BYTES),
                    .drain_ms = 10000,
                    .max_calls = defaults.max_calls,
                    .log_level = PT_LOG_INFO,
                    .log_format = PT_LOG_LOGFMT,
                    .ready_file = ""};
    if (options->listen) app->listen = (pt_flag_list){.items = {options->listen}, .n_items = 1};
    int code = configure(app, argc, argv);
    if (code >= 0) return code;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* inherited by all threads: only wait_for_signal takes them */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return run(app, &signals);
}
