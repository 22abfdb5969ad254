/* kill -9 of each process in mid-load: every event that was answered 2xx is there afterwards, exactly once. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>

#include "load.h"
#include "support/system.h"

static pt_system sys;

static void start(void) {
    pt_system_start(&sys);
}

static void stop(void) {
    pt_system_stop(&sys);
}

static void check_everything(const pt_load *load, uint64_t expected) {
    pt_system_wait_ready(&sys);
    cr_assert_eq(pt_load_check_log(load, sys.http), expected);
    cr_assert_eq(pt_load_check_query(load, sys.http), expected);
    printf("%" PRIu64 " acknowledged, each there exactly once; %" PRIu64 " requests sent again\n", expected,
           pt_load_repeated(load));
}

Test(kill, ingest_events_in_mid_load_loses_nothing, .init = start, .fini = stop, .timeout = 400) {
    pt_load_options options = {.clients = 16, .per_client = 2000, .batch = 16, .patience_ms = 60000};
    const uint64_t all = UINT64_C(16) * 2000;
    pt_load *load = pt_load_start(sys.base_url, &options);
    for (unsigned kills = 1; kills <= 4; kills++) {
        pt_load_wait_for(load, all * kills / 5);
        cr_assert_lt(pt_load_acknowledged(load), all, "the load was over before the kill");
        pt_system_restart_ingest(&sys);
    }
    pt_load_finish(load);
    check_everything(load, all);
    pt_load_free(load);
}

Test(kill, ingest_events_with_single_appends_loses_nothing, .init = start, .fini = stop, .timeout = 400) {
    pt_load_options options = {.clients = 32, .per_client = 60, .batch = 1, .patience_ms = 60000};
    const uint64_t all = UINT64_C(32) * 60;
    pt_load *load = pt_load_start(sys.base_url, &options);
    for (unsigned kills = 1; kills <= 2; kills++) {
        pt_load_wait_for(load, all * kills / 3);
        pt_system_restart_ingest(&sys);
    }
    pt_load_finish(load);
    check_everything(load, all);
    pt_load_free(load);
}

Test(kill, ingest_events_stopped_by_sigterm_answers_what_it_took, .init = start, .fini = stop, .timeout = 400) {
    pt_load_options options = {.clients = 8, .per_client = 800, .batch = 10, .patience_ms = 60000};
    const uint64_t all = UINT64_C(8) * 800;
    pt_load *load = pt_load_start(sys.base_url, &options);
    for (unsigned stops = 1; stops <= 2; stops++) {
        pt_load_wait_for(load, all * stops / 3);
        pt_program_stop(sys.ingest);
        pt_system_restart_ingest(&sys);
    }
    pt_load_finish(load);
    check_everything(load, all);
    pt_load_free(load);
}

Test(kill, query_events_in_mid_load_resumes_its_copy, .init = start, .fini = stop, .timeout = 400) {
    pt_load_options options = {.clients = 8, .per_client = 800, .batch = 20, .patience_ms = 60000};
    const uint64_t all = UINT64_C(8) * 800;
    pt_load *load = pt_load_start(sys.base_url, &options);
    for (unsigned kills = 1; kills <= 3; kills++) {
        pt_load_wait_for(load, all * kills / 4);
        pt_system_restart_query(&sys);
    }
    pt_load_finish(load);
    cr_assert_eq(pt_load_repeated(load), 0u, "appends must not feel that query-events is away");
    check_everything(load, all);
    pt_load_free(load);
}

Test(kill, gateway_in_mid_load_loses_nothing, .init = start, .fini = stop, .timeout = 400) {
    pt_load_options options = {.clients = 8, .per_client = 800, .batch = 10, .patience_ms = 60000};
    const uint64_t all = UINT64_C(8) * 800;
    pt_load *load = pt_load_start(sys.base_url, &options);
    for (unsigned kills = 1; kills <= 3; kills++) {
        pt_load_wait_for(load, all * kills / 4);
        pt_system_restart_gateway(&sys);
    }
    pt_load_finish(load);
    check_everything(load, all);
    pt_load_free(load);
}
