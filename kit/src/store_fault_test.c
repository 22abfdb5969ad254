/* Disks that are full or fail: the jobs that meet them say so, nothing half-done stays, and the store works again after. */
#include <signal.h>
#include <sys/resource.h>

#include "store_testing.h"

static pt_tempdir temp;
static char path[PATH_BYTES];
static pt_status st;
static int64_t small = 10, large = 1 << 20;

static void setup(void) {
    pt_tempdir_init(&temp);
    pt_tempdir_file(&temp, "notes.db", path, sizeof path);
    st = (pt_status)PT_STATUS_INIT;
}

static void teardown(void) {
    pt_tempdir_done(&temp);
}

TestSuite(store_fault, .init = setup, .fini = teardown, .timeout = 30);

static pt_code set_page_limit(pt_store_conn *conn, void *arg, pt_status *status) {
    if (sqlite3_exec(pt_store_conn_db(conn), arg, NULL, NULL, NULL) == SQLITE_OK) return PT_OK;
    return pt_store_fail(conn, "page limit", status);
}

Test(store_fault, a_full_database_refuses_and_works_again_with_room) {
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_assert_eq(pt_store_write(store, set_page_limit, "PRAGMA max_page_count=20", &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK, "%s", st.message);
    cr_expect_eq(pt_store_write(store, insert_note, &large, &st), PT_RESOURCE_EXHAUSTED);
    cr_expect_str_eq(st.message, "database: database or disk is full");
    cr_assert_eq(pt_store_write(store, set_page_limit, "PRAGMA max_page_count=100000", &st), PT_OK, "%s", st.message);
    cr_assert_eq(pt_store_write(store, insert_note, &large, &st), PT_OK, "%s", st.message);
    cr_expect_eq(count_notes(store), 2);
    pt_store_close(store);
}

/* The kernel refuses to let a file grow beyond the limit, as a failing disk would. */
static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    cr_assert_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(store_fault, an_output_error_fails_the_whole_batch_and_passes) {
    signal(SIGXFSZ, SIG_IGN);
    pt_store_options options = note_options(path);
    pt_store *store = open_notes(&options);
    cr_assert_eq(pt_store_write(store, insert_note, &small, &st), PT_OK, "%s", st.message);
    limit_file_size(256 << 10);
    cr_expect_eq(pt_store_write(store, insert_note, &large, &st), PT_UNAVAILABLE);
    cr_expect_not_null(strstr(st.message, "disk I/O error"), "%s", st.message);
    cr_expect_eq(count_notes(store), 1, "reading goes on");
    limit_file_size(RLIM_INFINITY);
    cr_assert_eq(pt_store_write(store, insert_note, &large, &st), PT_OK, "%s", st.message);
    pt_store_close(store);
    store = open_notes(&options);
    cr_expect_eq(count_notes(store), 2, "what was refused is not there, what was answered is");
    pt_store_close(store);
}
