#include <criterion/criterion.h>

#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "mapping/error_map.h"
#include "testing/schema.h"

static pt_schema *types;
static pt_status error;
static pt_buf out = PT_BUF_INIT(1 << 16);

static void start(void) {
    cr_assert_eq(pt_error_types_new(&types, NULL), PT_OK);
}

static void stop(void) {
    pt_schema_free(types);
    pt_status_done(&error);
    pt_buf_done(&out);
}

TestSuite(error_map, .init = start, .fini = stop);

static const char *write(const pt_schema *contract) {
    pt_buf_clear(&out);
    cr_assert_eq(pt_error_map(&error, contract, types, &out), PT_OK);
    return pt_buf_cstr(&out);
}

static void add_detail(char *url, const ProtobufCMessage *message) {
    uint8_t value[512], bytes[1024];
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT, *list[] = {&any};
    Google__Rpc__Status status = GOOGLE__RPC__STATUS__INIT;
    any.type_url = url;
    any.value.data = value;
    any.value.len = protobuf_c_message_pack(message, value);
    status.n_details = 1;
    status.details = list;
    cr_assert_eq(pt_status_set_details(&error, bytes, google__rpc__status__pack(&status, bytes)), PT_OK);
}

Test(error_map, code_message_and_no_details) {
    pt_status_set(&error, PT_NOT_FOUND, "no \"book\"\n");
    cr_expect_str_eq(write(NULL), "{\"code\":5,\"message\":\"no \\\"book\\\"\\n\",\"details\":[]}");
}

Test(error_map, violations_are_written_with_their_type) {
    pt_status_set(&error, PT_INVALID_ARGUMENT, "bad");
    pt_status_add_violation(&error, "events[3].time", "REQUIRED", "must be set");
    cr_expect_str_eq(
        write(NULL),
        "{\"code\":3,\"message\":\"bad\",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc.BadRequest\","
        "\"fieldViolations\":[{\"field\":\"events[3].time\",\"description\":\"must be set\",\"reason\":\"REQUIRED\"}]}]}");
}

Test(error_map, types_of_the_contract_are_known_too) {
    pt_schema *contract = pt_testing_schema();
    /* shelf.v1.Book{name: "x"} has the form of ResourceInfo{resource_type: "x"}. */
    Google__Rpc__ResourceInfo info = GOOGLE__RPC__RESOURCE_INFO__INIT;
    char x[] = "x", url[] = "type.googleapis.com/shelf.v1.Book";
    info.resource_type = x;
    pt_status_set(&error, PT_ABORTED, "m");
    add_detail(url, &info.base);
    cr_expect_str_eq(write(contract),
                     "{\"code\":10,\"message\":\"m\",\"details\":[{\"@type\":\"type.googleapis.com/shelf.v1.Book\","
                     "\"name\":\"x\"}]}");
    cr_expect_str_eq(write(NULL),
                     "{\"code\":10,\"message\":\"m\",\"details\":[{\"@type\":\"type.googleapis.com/shelf.v1.Book\","
                     "\"value\":\"CgF4\"}]}");
    pt_schema_free(contract);
}

Test(error_map, details_that_are_none_do_no_harm) {
    pt_status_set(&error, PT_INTERNAL, "m");
    cr_assert_eq(pt_status_set_details(&error, "\x1a\x05\xff\xff\xff\xff\xff\x1a\x7f", 9), PT_OK);
    cr_expect_str_eq(write(NULL), "{\"code\":13,\"message\":\"m\",\"details\":[]}");
    cr_expect_eq(pt_error_retry_seconds(&error), 0);
}

Test(error_map, retry_after_comes_of_retry_info) {
    char url[] = "type.googleapis.com/google.rpc.RetryInfo";
    Google__Rpc__RetryInfo info = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    pt_status_set(&error, PT_UNAVAILABLE, "m");
    cr_expect_eq(pt_error_retry_seconds(&error), 0);
    info.retry_delay = &delay;
    delay.seconds = 7;
    delay.nanos = 1;
    add_detail(url, &info.base);
    cr_expect_eq(pt_error_retry_seconds(&error), 8);
    delay.seconds = -7;
    add_detail(url, &info.base);
    cr_expect_eq(pt_error_retry_seconds(&error), 0);
}

Test(error_map, what_does_not_fit_is_not_begun) {
    pt_buf small = PT_BUF_INIT(20);
    pt_status_set(&error, PT_NOT_FOUND, "a message that is longer than that");
    cr_expect_eq(pt_error_map(&error, NULL, types, &small), PT_RESOURCE_EXHAUSTED);
    cr_expect_eq(small.len, 0);
    pt_buf_done(&small);
}
