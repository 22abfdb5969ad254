#include <criterion/criterion.h>

#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "partie/buf.h"

#define TYPE_PREFIX "type.googleapis.com/"

Test(status, set_formats_and_returns_the_code) {
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_status_set(&st, PT_NOT_FOUND, "event %d of \"%s\"", 7, "quakes"), PT_NOT_FOUND);
    cr_assert_eq(st.code, PT_NOT_FOUND);
    cr_assert_str_eq(st.message, "event 7 of \"quakes\"");
    cr_assert_eq(pt_status_set(NULL, PT_ABORTED, "%s", "nobody listens"), PT_ABORTED);
}

Test(status, set_may_quote_the_old_message) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_INTERNAL, "disk is full");
    pt_status_set(&st, PT_UNAVAILABLE, "store: %s", st.message);
    cr_assert_str_eq(st.message, "store: disk is full");
}

/* Whatever stands at the cut, the message ends with a whole character. */
Test(status, long_messages_are_cut_between_characters) {
    static const char *const characters[] = {"x", "\u00e9", "\u20ac", "\U0001F370"};
    for (size_t c = 0; c < 4; c++) {
        for (int shift = 0; shift < 4; shift++) {
            char text[1024] = "";
            memset(text, '.', (size_t)shift);
            for (size_t len = (size_t)shift; len < 900; len += strlen(characters[c]))
                memcpy(text + len, characters[c], strlen(characters[c]) + 1);
            pt_status st = PT_STATUS_INIT;
            pt_status_set(&st, PT_UNKNOWN, "%s", text);
            size_t len = strlen(st.message);
            cr_assert_gt(len, PT_STATUS_MESSAGE_BYTES - 1 - strlen(characters[c]));
            cr_assert_lt(len, PT_STATUS_MESSAGE_BYTES);
            cr_assert(pt_utf8_valid(pt_slice_str(st.message)));
            cr_assert_eq(strncmp(st.message, text, len), 0);
            pt_status_prefix(&st, "%s", characters[c]);
            cr_assert_lt(strlen(st.message), PT_STATUS_MESSAGE_BYTES);
            cr_assert(pt_utf8_valid(pt_slice_str(st.message)));
        }
    }
}

Test(status, bad_utf8_becomes_question_marks) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_UNKNOWN, "a\xff\xc3(\xe2\x82\xac)");
    cr_assert_str_eq(st.message, "a?"
                                 "?(\u20ac)");
}

Test(status, prefix_keeps_code_and_details) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_INVALID_ARGUMENT, "expected a number");
    pt_status_add_violation(&st, "price", "TYPE", "expected a number");
    size_t details = st.details_len;
    cr_assert_eq(pt_status_prefix(&st, "items[%d]", 3), PT_INVALID_ARGUMENT);
    cr_assert_str_eq(st.message, "items[3]: expected a number");
    cr_assert_eq(st.details_len, details);
    cr_assert_eq(pt_status_prefix(NULL, "x"), PT_UNKNOWN);
    pt_status_done(&st);
}

Test(status, prefix_that_fills_the_message) {
    char text[600];
    memset(text, 'p', sizeof text);
    for (int len = PT_STATUS_MESSAGE_BYTES - 5; len < 600; len++) {
        pt_status st = PT_STATUS_INIT;
        pt_status_set(&st, PT_ABORTED, "why");
        pt_status_prefix(&st, "%.*s", len, text);
        size_t kept = strlen(st.message);
        cr_assert_lt(kept, PT_STATUS_MESSAGE_BYTES);
        cr_assert_geq(kept, PT_STATUS_MESSAGE_BYTES - 3);
        cr_assert_eq(strncmp(st.message, text, len < PT_STATUS_MESSAGE_BYTES ? (size_t)len : PT_STATUS_MESSAGE_BYTES - 1), 0);
    }
}

static Google__Rpc__Status *unpack(const pt_status *st) {
    Google__Rpc__Status *status = google__rpc__status__unpack(NULL, st->details_len, st->details);
    cr_assert_not_null(status);
    return status;
}

static Google__Rpc__BadRequest *unpack_bad_request(const Google__Protobuf__Any *any) {
    cr_assert_str_eq(any->type_url, TYPE_PREFIX "google.rpc.BadRequest");
    Google__Rpc__BadRequest *bad = google__rpc__bad_request__unpack(NULL, any->value.len, any->value.data);
    cr_assert_not_null(bad);
    return bad;
}

Test(status, violations_collect_in_one_bad_request) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_INVALID_ARGUMENT, "two fields are wrong");
    pt_status_add_violation(&st, "events[3].time", "REQUIRED", "is missing");
    pt_status_add_violation(&st, "events[4].id", NULL, "bad \xff byte");
    cr_assert_str_eq(st.message, "two fields are wrong");
    cr_assert_eq(st.code, PT_INVALID_ARGUMENT);

    Google__Rpc__Status *status = unpack(&st);
    cr_assert_eq(status->code, PT_INVALID_ARGUMENT);
    cr_assert_str_eq(status->message, "two fields are wrong");
    cr_assert_eq(status->n_details, 1);
    Google__Rpc__BadRequest *bad = unpack_bad_request(status->details[0]);
    cr_assert_eq(bad->n_field_violations, 2);
    cr_assert_str_eq(bad->field_violations[0]->field, "events[3].time");
    cr_assert_str_eq(bad->field_violations[0]->reason, "REQUIRED");
    cr_assert_str_eq(bad->field_violations[0]->description, "is missing");
    cr_assert_str_eq(bad->field_violations[1]->field, "events[4].id");
    cr_assert_str_eq(bad->field_violations[1]->reason, "");
    cr_assert_str_eq(bad->field_violations[1]->description, "bad ? byte");
    google__rpc__bad_request__free_unpacked(bad, NULL);
    google__rpc__status__free_unpacked(status, NULL);
    pt_status_done(&st);
}

Test(status, bad_requests_of_a_peer_become_one) {
    char url[] = TYPE_PREFIX "google.rpc.BadRequest";
    uint8_t value[] = {0x0a, 0x03, 0x0a, 0x01, 'f'};
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT, *details[] = {&any, &any};
    any.type_url = url;
    any.value = (ProtobufCBinaryData){sizeof value, value};
    Google__Rpc__Status given = GOOGLE__RPC__STATUS__INIT;
    given.n_details = 2;
    given.details = details;
    uint8_t bytes[256];
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_status_set_details(&st, bytes, google__rpc__status__pack(&given, bytes)), PT_OK);
    pt_status_add_violation(&st, "g", "B", "c");
    Google__Rpc__Status *status = unpack(&st);
    cr_assert_eq(status->n_details, 1);
    Google__Rpc__BadRequest *bad = unpack_bad_request(status->details[0]);
    cr_assert_eq(bad->n_field_violations, 3);
    cr_assert_str_eq(bad->field_violations[1]->field, "f");
    cr_assert_str_eq(bad->field_violations[2]->field, "g");
    google__rpc__bad_request__free_unpacked(bad, NULL);
    google__rpc__status__free_unpacked(status, NULL);
    pt_status_done(&st);
}

Test(status, violations_leave_other_details_alone) {
    char url[] = TYPE_PREFIX "google.rpc.RetryInfo";
    uint8_t value[] = {0x0a, 0x02, 0x08, 0x05};
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT, *details[] = {&any};
    any.type_url = url;
    any.value = (ProtobufCBinaryData){sizeof value, value};
    Google__Rpc__Status given = GOOGLE__RPC__STATUS__INIT;
    given.n_details = 1;
    given.details = details;
    uint8_t bytes[128];
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_UNAVAILABLE, "later");
    cr_assert_eq(pt_status_set_details(&st, bytes, google__rpc__status__pack(&given, bytes)), PT_OK);
    pt_status_add_violation(&st, "a", "B", "c");

    Google__Rpc__Status *status = unpack(&st);
    cr_assert_eq(status->n_details, 2);
    cr_assert_str_eq(status->details[1]->type_url, url);
    cr_assert_eq(status->details[1]->value.len, sizeof value);
    Google__Rpc__BadRequest *bad = unpack_bad_request(status->details[0]);
    cr_assert_eq(bad->n_field_violations, 1);
    google__rpc__bad_request__free_unpacked(bad, NULL);
    google__rpc__status__free_unpacked(status, NULL);
    pt_status_done(&st);
}

/* Peers can send anything as details. */
Test(status, violations_onto_details_that_are_no_status) {
    for (size_t seed = 0; seed < 256; seed++) {
        uint8_t junk[9];
        for (size_t i = 0; i < sizeof junk; i++)
            junk[i] = (uint8_t)(seed * 31 + i * 197);
        junk[0] = 0x1a; /* details, so that it goes deeper */
        pt_status st = PT_STATUS_INIT;
        cr_assert_eq(pt_status_set_details(&st, junk, 1 + seed % 9), PT_OK);
        pt_status_add_violation(&st, "a", "B", "c");
        Google__Rpc__Status *status = google__rpc__status__unpack(NULL, st.details_len, st.details);
        if (status) cr_assert_geq(status->n_details, 1);
        google__rpc__status__free_unpacked(status, NULL);
        pt_status_done(&st);
    }
}

Test(status, violations_beyond_the_limit_are_left_out) {
    pt_status st = PT_STATUS_INIT;
    pt_status_set(&st, PT_INVALID_ARGUMENT, "many");
    size_t most = 0;
    for (int i = 0; i < 400; i++) {
        pt_status_add_violation(&st, "events[17].extensions", "TOO_LONG",
                                "a description of some hundred bytes, as they tend to be");
        cr_assert_geq(st.details_len, most);
        cr_assert_leq(st.details_len, PT_STATUS_DETAILS_BYTES);
        most = st.details_len;
    }
    cr_assert_gt(most, PT_STATUS_DETAILS_BYTES - 200);
    Google__Rpc__Status *status = unpack(&st);
    google__rpc__status__free_unpacked(status, NULL);
    pt_status_done(&st);
    pt_status_add_violation(NULL, "a", "b", "c");
}

Test(status, details_have_a_ceiling_and_go_with_set) {
    static const uint8_t many[PT_STATUS_DETAILS_BYTES + 1];
    pt_status st = PT_STATUS_INIT;
    cr_assert_eq(pt_status_set_details(&st, many, PT_STATUS_DETAILS_BYTES), PT_OK);
    cr_assert_eq(st.details_len, PT_STATUS_DETAILS_BYTES);
    cr_assert_eq(pt_status_set_details(&st, many, sizeof many), PT_RESOURCE_EXHAUSTED);
    cr_assert_null(st.details);
    cr_assert_eq(pt_status_set_details(&st, "abc", 3), PT_OK);
    pt_status_set(&st, PT_INTERNAL, "new");
    cr_assert_null(st.details);
    cr_assert_eq(pt_status_set_details(&st, "abc", 3), PT_OK);
    cr_assert_eq(pt_status_set_details(&st, NULL, 0), PT_OK);
    cr_assert_null(st.details);
    pt_status_done(&st);
    pt_status_done(NULL);
}

Test(status, copy_is_of_its_own) {
    pt_status from = PT_STATUS_INIT, to = PT_STATUS_INIT;
    pt_status_set(&from, PT_ABORTED, "because");
    cr_assert_eq(pt_status_set_details(&from, "abc", 3), PT_OK);
    cr_assert_eq(pt_status_set_details(&to, "old", 3), PT_OK);
    pt_status_copy(&to, &from);
    pt_status_copy(&to, &to);
    pt_status_done(&from);
    cr_assert_eq(from.code, PT_OK);
    cr_assert_str_eq(from.message, "");
    cr_assert_eq(to.code, PT_ABORTED);
    cr_assert_str_eq(to.message, "because");
    cr_assert_arr_eq(to.details, "abc", 3);
    pt_status_done(&to);
}

Test(status, code_names_go_there_and_back) {
    for (int i = 0; i <= 16; i++) {
        pt_code code = PT_INTERNAL;
        cr_assert_eq(pt_code_parse(pt_code_name((pt_code)i), &code), PT_OK);
        cr_assert_eq((int)code, i);
    }
    pt_code code = PT_ABORTED;
    cr_assert_eq(pt_code_parse("Not_Found", &code), PT_INVALID_ARGUMENT);
    cr_assert_eq(code, PT_ABORTED);
    cr_assert_str_eq(pt_code_name((pt_code)17), "UNKNOWN");
}

Test(status, http_statuses_are_those_of_google_rpc_code) {
    static const int http[] = {200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401};
    for (int i = 0; i <= 16; i++)
        cr_assert_eq(pt_code_http((pt_code)i), http[i]);
    cr_assert_eq(pt_code_http((pt_code)99), 500);
}
