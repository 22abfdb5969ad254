/* file:///path. The folder is watched rather than the file, so that a file that is replaced by renaming, or that is a link into
 * a folder that is swapped as Kubernetes does, is noticed too. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "discovery/address_file.h"
#include "discovery/resolver_impl.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* Without any sign of change it is read as often all the same: not every file system tells. */
#define UNTOLD_NS (30 * NS_PER_SECOND)

/* While the folder can't be watched. */
#define UNWATCHED_NS NS_PER_SECOND

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVE_SELF)

typedef struct file {
    char *path, *folder;
    int inotify, watch; /* watch: -1 while there is none */
} file;

/* The folder was removed, or is now called otherwise. */
static void unwatch(file *f) {
    if (f->watch >= 0) inotify_rm_watch(f->inotify, f->watch);
    f->watch = -1;
}

/* A file that was just created is still being written, and its closing will tell; a link is complete. */
static bool is_link(const file *f, const struct inotify_event *e) {
    char path[PATH_MAX];
    struct stat info;
    int len = snprintf(path, sizeof path, "%s/%s", f->folder, e->len ? e->name : "");
    return len > 0 && (size_t)len < sizeof path && lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
}

/* Takes the events. True: one of them is a reason to read. */
static bool drain(file *f) {
    _Alignas(struct inotify_event) char events[4096];
    bool reason = false;
    ssize_t n;
    while ((n = read(f->inotify, events, sizeof events)) > 0) {
        const struct inotify_event *e;
        for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof *e + e->len)) {
            e = (const void *)(events + at);
            if (e->mask & (IN_IGNORED | IN_MOVE_SELF) && e->wd == f->watch) unwatch(f);
            reason = reason || !(e->mask & IN_CREATE) || is_link(f, e);
        }
    }
    return reason;
}

static void look(pt_resolver *r) {
    pt_status st = PT_STATUS_INIT;
    pt_address_builder found = PT_ADDRESS_BUILDER_INIT;
    file *f = r->state;
    pt_code code = pt_address_file_read(f->path, &found, &st);
    if (!code) code = pt_resolver_deliver(r, &found, &st);
    pt_address_builder_done(&found);
    if (code) pt_resolver_fail(r, &st);
}

static void run(void *resolver) {
    pt_resolver *r = resolver;
    file *f = r->state;
    bool reason = true;
    while (!pt_worker_stopping(&r->worker)) {
        if (f->watch < 0) f->watch = inotify_add_watch(f->inotify, f->folder, EVENTS | IN_ONLYDIR);
        pt_worker_wished(&r->worker);
        if (reason) look(r);
        uint64_t until_ns = pt_worker_now_ns() + (f->watch < 0 ? UNWATCHED_NS : UNTOLD_NS);
        reason = !pt_worker_wait(&r->worker, f->inotify, until_ns) || drain(f);
    }
}

static pt_code open_file(pt_resolver *r, const char *rest, const pt_resolver_options *options, pt_status *st) {
    (void)options;
    file *f = r->state = calloc(1, sizeof *f);
    if (!f) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    f->inotify = f->watch = -1;
    if (*rest != '/' || !rest[1] || rest[strlen(rest) - 1] == '/')
        return pt_status_set(st, PT_INVALID_ARGUMENT, "expected file:///absolute/path");
    f->path = strdup(rest);
    f->folder = strdup(rest);
    if (!f->path || !f->folder) return pt_status_set(st, PT_RESOURCE_EXHAUSTED, "out of memory");
    char *slash = strrchr(f->folder, '/');
    slash[slash == f->folder] = '\0';
    f->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    return f->inotify >= 0 ? PT_OK : pt_status_set(st, PT_RESOURCE_EXHAUSTED, "inotify: too many watches or descriptors");
}

static void close_file(pt_resolver *r) {
    file *f = r->state;
    if (!f) return;
    if (f->inotify >= 0) close(f->inotify);
    free(f->path);
    free(f->folder);
    free(f);
}

const pt_resolver_kind pt_resolver_file = {"file://", open_file, run, close_file};
