#include "discovery/resolver.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "discovery/testing.h"
#include "support/clock.h"
#include "support/tempdir.h"

static pt_watch watch = PT_WATCH_INIT;

static pt_resolver *open_target(const char *target, const pt_resolver_options *options) {
    pt_resolver *r = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_resolver_open(target, options, &(pt_resolver_events){pt_watch_found, pt_watch_failed, &watch}, &r, &st),
                 PT_OK, "%s", st.message);
    return r;
}

static void refuse(const char *target, const char *reason) {
    pt_resolver *r = NULL;
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_resolver_open(target, NULL, &(pt_resolver_events){pt_watch_found, NULL, &watch}, &r, &st),
                 PT_INVALID_ARGUMENT, "%s", target);
    cr_assert_not_null(strstr(st.message, reason), "%s: %s\n  not: %s", target, st.message, reason);
    cr_assert_eq(strncmp(st.message, target, strlen(target)), 0, "%s", st.message);
    pt_status_done(&st);
}

/* ---- fixed lists ---- */

Test(resolver, fixed_targets_are_there_at_once) {
    pt_resolver *r = open_target("tcp://127.0.0.1:9001", NULL);
    cr_assert_str_eq(watch.urls, "tcp://127.0.0.1:9001=1 ");
    pt_resolver_wish(r);
    pt_resolver_close(r);
    r = open_target("static:tcp://b:2,ipc:///x,tcp://a:1", NULL);
    cr_assert_str_eq(watch.urls, "ipc:///x=1 tcp://a:1=1 tcp://b:2=1 ");
    pt_resolver_close(r);
    pt_resolver_close(NULL);
}

Test(resolver, bad_targets_are_refused_with_a_reason) {
    refuse("http://x", "expected tcp://host:port");
    refuse("", "expected tcp://host:port");
    refuse("tcp://a:1,tcp://b:1", "static:URL,URL");
    refuse("static:", "expected tcp://host:port");
    refuse("static:tcp://a:1,", "expected tcp://host:port");
    refuse("dns:///name", "expected dns:///name:port");
    refuse("dns:///:80", "expected dns:///name:port");
    refuse("dns:///a:b:80", "expected dns:///name:port");
    refuse("dns:///name:0", "expected a port, 1 to 65535");
    refuse("dns:///name:65536", "expected a port, 1 to 65535");
    refuse("dns:///name:80x", "expected a port, 1 to 65535");
    refuse("dns://8.8.8.8/name:80", "names of DNS servers are not supported");
    refuse("file://relative/path", "expected file:///absolute/path");
    refuse("file:///folder/", "expected file:///absolute/path");
    refuse("etcd:///", "expected etcd:///service");
    refuse("etcd://host:2379", "expected etcd:///service");
    refuse("etcd:///a/b", "expected etcd:///service");
    refuse("etcd://a:1,,b:1/service", "members of etcd");
}

/* ---- dns ---- */

static atomic_int look_ups, answers;

/* Answers as `answers` says: below 0 fails, 0 none, otherwise so many addresses. */
static pt_code look_up(const char *host, uint16_t port, const char *scheme, pt_address_builder *found, pt_status *st) {
    atomic_fetch_add(&look_ups, 1);
    int n = atomic_load(&answers);
    if (n < 0) return pt_status_set(st, PT_UNAVAILABLE, "%s: no server", host);
    for (int i = 1; i <= n; i++) {
        char url[64];
        int len = snprintf(url, sizeof url, "%s://10.0.0.%d:%u", scheme, i, port);
        pt_code code = pt_address_builder_add(found, pt_slice_of(url, (size_t)len), 1, st);
        if (code) return code;
    }
    return PT_OK;
}

static pt_resolver_options dns_options(void) {
    pt_resolver_options o = PT_RESOLVER_OPTIONS_INIT;
    o.lookup = look_up;
    o.refresh_ms = o.retry_min_ms = 5;
    o.retry_max_ms = 20;
    o.spacing_ms = 1;
    return o;
}

Test(resolver, names_are_looked_up_again_and_changes_are_told) {
    pt_resolver_options o = dns_options();
    atomic_store(&answers, 2);
    pt_resolver *r = open_target("dns:///orders:9000", &o);
    pt_watch_await(&watch, "tcp://10.0.0.1:9000=1 tcp://10.0.0.2:9000=1 ");
    int before = atomic_load(&look_ups);
    pt_watch_await_change(&look_ups, before + 5);
    cr_assert_eq(pt_watch_lists(&watch), 1, "an equal list is not told again");
    atomic_store(&answers, 1);
    pt_watch_await(&watch, "tcp://10.0.0.1:9000=1 ");
    pt_resolver_close(r);
}

Test(resolver, a_failed_look_up_keeps_what_was_found) {
    pt_resolver_options o = dns_options();
    o.scheme = "tls+tcp";
    atomic_store(&answers, 1);
    pt_resolver *r = open_target("dns:///orders:9000", &o);
    pt_watch_await(&watch, "tls+tcp://10.0.0.1:9000=1 ");
    atomic_store(&answers, -1);
    pt_watch_await_failure(&watch, "dns:///orders:9000: orders: no server");
    atomic_store(&answers, 0);
    pt_watch_await_failure(&watch, "dns:///orders:9000: orders: the name has no addresses");
    cr_assert_eq(pt_watch_lists(&watch), 1);
    pt_resolver_close(r);
}

Test(resolver, a_wish_brings_a_look_up) {
    pt_resolver_options o = dns_options();
    o.refresh_ms = 3600000;
    atomic_store(&answers, 1);
    pt_resolver *r = open_target("dns:///orders:9000", &o);
    pt_watch_await(&watch, "tcp://10.0.0.1:9000=1 ");
    atomic_store(&answers, 2);
    pt_resolver_wish(r);
    pt_watch_await(&watch, "tcp://10.0.0.1:9000=1 tcp://10.0.0.2:9000=1 ");
    pt_resolver_close(r);
}

static atomic_bool release_look_up, look_up_over;

static pt_code block(const char *host, uint16_t port, const char *scheme, pt_address_builder *found, pt_status *st) {
    (void)host, (void)port, (void)scheme, (void)found, (void)st;
    atomic_fetch_add(&look_ups, 1);
    while (!atomic_load(&release_look_up))
        pt_sleep_ms(1);
    atomic_store(&look_up_over, true);
    return PT_OK;
}

static bool is_over(void *arg) {
    return atomic_load((atomic_bool *)arg);
}

Test(resolver, closing_does_not_wait_for_a_look_up_that_hangs) {
    pt_resolver_options o = dns_options();
    o.lookup = block;
    pt_resolver *r = open_target("dns:///orders:9000", &o);
    pt_watch_await_change(&look_ups, 1);
    pt_resolver_close(r);
    cr_assert_not(atomic_load(&look_up_over));
    atomic_store(&release_look_up, true);
    cr_assert(pt_wait_until(is_over, &look_up_over, 10000));
}

/* A bare root may have no /etc/hosts, and then no localhost: its address goes the same way through the system. */
Test(resolver, the_system_knows_localhost) {
    bool named = access("/etc/hosts", R_OK) == 0;
    pt_resolver *r = open_target(named ? "dns:///localhost:80" : "dns:///127.0.0.1:80", NULL);
    pt_watch_await_part(&watch, "tcp://127.0.0.1:80=1 ");
    pt_resolver_close(r);
    r = open_target("dns:///[::1]:80", NULL);
    pt_watch_await(&watch, "tcp://[::1]:80=1 ");
    pt_resolver_close(r);
}

Test(resolver, a_name_that_does_not_exist_is_told) {
    pt_resolver *r = open_target("dns:///no-such-name.invalid:80", NULL);
    pt_watch_await_failure(&watch, "dns:///no-such-name.invalid:80: no-such-name.invalid: ");
    pt_resolver_close(r);
}

/* ---- files ---- */

static pt_tempdir dir;

static void make_dir(void) {
    pt_tempdir_init(&dir);
}

static void drop_dir(void) {
    pt_tempdir_done(&dir);
}

/* Writes a file in the folder: in place, or as editors and scripts do, by renaming a new one over it. */
static void write_file(const char *name, const char *text, bool by_rename) {
    char path[128], fresh[128];
    pt_tempdir_file(&dir, name, path, sizeof path);
    pt_tempdir_file(&dir, "fresh", fresh, sizeof fresh);
    FILE *f = fopen(by_rename ? fresh : path, "w");
    cr_assert(f && fputs(text, f) >= 0 && fclose(f) == 0);
    if (by_rename) cr_assert_eq(rename(fresh, path), 0);
}

static pt_resolver *open_file(const char *name) {
    char target[160];
    snprintf(target, sizeof target, "file://%s/%s", dir.path, name);
    return open_target(target, NULL);
}

Test(resolver, files_are_read_again_when_they_change, .init = make_dir, .fini = drop_dir) {
    write_file("list", "tcp://a:1\n", false);
    pt_resolver *r = open_file("list");
    pt_watch_await(&watch, "tcp://a:1=1 ");
    write_file("list", "tcp://a:1\ntcp://b:1 7\n", false);
    pt_watch_await(&watch, "tcp://a:1=1 tcp://b:1=7 ");
    write_file("list", "tcp://c:1\n", true);
    pt_watch_await(&watch, "tcp://c:1=1 ");
    char path[128], elsewhere[128];
    cr_assert_eq(mkdir(pt_tempdir_file(&dir, "folder", path, sizeof path), 0700), 0);
    write_file("folder/list", "tcp://d:1\n", false);
    pt_tempdir_file(&dir, "folder/list", elsewhere, sizeof elsewhere);
    cr_assert_eq(rename(elsewhere, pt_tempdir_file(&dir, "list", path, sizeof path)), 0);
    pt_watch_await(&watch, "tcp://d:1=1 ");
    write_file("list", "", true);
    pt_watch_await(&watch, "");
    pt_resolver_close(r);
}

Test(resolver, a_bad_or_missing_file_keeps_what_was_found, .init = make_dir, .fini = drop_dir) {
    char path[128];
    pt_resolver *r = open_file("list");
    pt_watch_await_failure(&watch, "No such file or directory");
    write_file("list", "tcp://a:1\n", false);
    pt_watch_await(&watch, "tcp://a:1=1 ");
    write_file("list", "tcp://a:1\nnonsense\n", false);
    pt_watch_await_failure(&watch, "line 2: nonsense: expected tcp://");
    cr_assert_eq(unlink(pt_tempdir_file(&dir, "list", path, sizeof path)), 0);
    pt_watch_await_failure(&watch, "No such file or directory");
    cr_assert_eq(pt_watch_lists(&watch), 1);
    write_file("list", "tcp://b:1\n", true);
    pt_watch_await(&watch, "tcp://b:1=1 ");
    pt_resolver_close(r);
}

/* A ConfigMap of Kubernetes: the file is a link through a link that is swapped. */
Test(resolver, links_that_are_swapped_are_noticed, .init = make_dir, .fini = drop_dir) {
    char path[128], other[128];
    cr_assert_eq(mkdir(pt_tempdir_file(&dir, "v1", path, sizeof path), 0700), 0);
    cr_assert_eq(mkdir(pt_tempdir_file(&dir, "v2", path, sizeof path), 0700), 0);
    write_file("v1/list", "tcp://a:1\n", false);
    write_file("v2/list", "tcp://b:1\n", false);
    cr_assert_eq(symlink("v1", pt_tempdir_file(&dir, "data", path, sizeof path)), 0);
    cr_assert_eq(symlink("data/list", pt_tempdir_file(&dir, "list", other, sizeof other)), 0);
    pt_resolver *r = open_file("list");
    pt_watch_await(&watch, "tcp://a:1=1 ");
    cr_assert_eq(symlink("v2", pt_tempdir_file(&dir, "fresh", other, sizeof other)), 0);
    cr_assert_eq(rename(other, path), 0);
    pt_watch_await(&watch, "tcp://b:1=1 ");
    pt_resolver_close(r);
}

Test(resolver, a_folder_that_is_replaced_is_watched_again, .init = make_dir, .fini = drop_dir) {
    char path[128], other[128];
    pt_tempdir_file(&dir, "folder", path, sizeof path);
    pt_tempdir_file(&dir, "elsewhere", other, sizeof other);
    cr_assert_eq(mkdir(path, 0700), 0);
    write_file("folder/list", "tcp://a:1\n", false);
    pt_resolver *r = open_file("folder/list");
    pt_watch_await(&watch, "tcp://a:1=1 ");
    cr_assert_eq(rename(path, other), 0);
    pt_watch_await_failure(&watch, "No such file or directory");
    cr_assert_eq(mkdir(path, 0700), 0);
    write_file("folder/list", "tcp://b:1\n", false);
    pt_watch_await(&watch, "tcp://b:1=1 ");
    pt_resolver_close(r);
}
