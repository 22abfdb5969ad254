#include "ingest_events.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static pt_status st;
static ingest_event event;

static void reset(void) {
    pt_status_done(&st);
    st = (pt_status)PT_STATUS_INIT;
    event = (ingest_event){.id = "1",
                           .source = "https://example.com/a?b#c",
                           .spec_version = "1.0",
                           .type = "com.example.made",
                           .data = "{\"n\":[1,2.50,null]}",
                           .content = pt_slice_str("content")};
}

static void cleanup(void) {
    pt_status_done(&st);
}

TestSuite(check, .init = reset, .fini = cleanup);

static bool details_name(const char *field) {
    return st.details && memmem(st.details, st.details_len, field, strlen(field)) != NULL;
}

static void expect_breach(const char *message, const char *field) {
    cr_expect_eq(ingest_check_event(&event, "events[3]", &st), PT_INVALID_ARGUMENT, "%s", message);
    cr_expect_str_eq(st.message, message);
    cr_expect(details_name(field), "%s: no violation of that name", field);
    reset();
}

static void expect_valid(void) {
    cr_expect_eq(ingest_check_event(&event, "event", &st), PT_OK, "%s", st.message);
    reset();
}

Test(check, what_CloudEvents_allows_passes) {
    expect_valid();
    event.source = "/sensors/tn-1234567/alerts";
    event.subject = "gr\xc3\xbc\xc3\x9f"
                    "e";
    event.has_time = true;
    event.time_seconds = -62135596800;
    event.time_nanos = 999999999;
    event.data = NULL;
    expect_valid();
    event.has_time = true;
    event.time_seconds = 253402300799;
    event.data = "\"text\"";
    event.data_content_type = "text/plain; charset=utf-8";
    expect_valid();
}

Test(check, each_attribute_is_named_with_its_breach) {
    event.id = "";
    expect_breach("events[3].id: must not be empty", "events[3].id");
    event.source = "";
    expect_breach("events[3].source: must not be empty", "events[3].source");
    event.source = "a b";
    expect_breach("events[3].source: ' ' at byte 1 can't stand in a URI reference", "events[3].source");
    event.type = "";
    expect_breach("events[3].type: must not be empty", "events[3].type");
    event.spec_version = "1.1";
    expect_breach("events[3].specversion: must be \"1.0\"", "events[3].specversion");
    event.subject = "line\nbreak";
    expect_breach("events[3].subject: must not contain control characters", "events[3].subject");
    event.subject = "next\xc2\x85line";
    expect_breach("events[3].subject: must not contain control characters", "events[3].subject");
    event.subject = "";
    expect_breach("events[3].subject: must not be empty", "events[3].subject");
    event.data_schema = "<schema>";
    expect_breach("events[3].dataschema: '<' at byte 0 can't stand in a URI reference", "events[3].dataschema");
    event.has_time = true;
    event.time_seconds = 253402300800;
    expect_breach("events[3].time: must lie in the years 1 to 9999", "events[3].time");
    event.has_time = true;
    event.time_nanos = 1000000000;
    expect_breach("events[3].time: nanos must be 0 to 999999999", "events[3].time");
}

Test(check, texts_have_limits) {
    static char text[2050];
    memset(text, 'x', sizeof text - 1);
    event.type = text + 1024;
    expect_breach("events[3].type: 1025 bytes; at most 1024", "events[3].type");
    event.type = text + 1025;
    expect_valid();
    event.source = text;
    expect_breach("events[3].source: 2049 bytes; at most 2048", "events[3].source");
    event.content.len = INGEST_MAX_EVENT_BYTES + 1;
    expect_breach("events[3].data: the event has 1048577 bytes; at most 1048576", "events[3].data");
    event.content.len = INGEST_MAX_EVENT_BYTES;
    expect_valid();
}

Test(check, data_is_JSON_text) {
    static const char *const valid[] = {"null", " [1] ", "1e400", "\"\\ud83d\\ude00\"", "{}"};
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) {
        event.data = valid[i];
        expect_valid();
    }
    static const char *const bad[] = {"", "{", "[1,]", "01", "nul", "'a'", "\"\\ud83d\"", "1 2", "\"\xff\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        event.data = bad[i];
        cr_expect_eq(ingest_check_event(&event, "event", &st), PT_INVALID_ARGUMENT, "%s", bad[i]);
        cr_expect_eq(strncmp(st.message, "event.data: ", 12), 0, "%s", st.message);
        reset();
    }
}

static void set_extension(const char *name, const char *value) {
    static ingest_extension extension;
    extension = (ingest_extension){name, value};
    event.extensions = &extension;
    event.n_extensions = 1;
}

Test(check, extensions_have_plain_names_and_scalar_values) {
    static const char *const values[] = {"\"a\"", "1", "-1.5e3", "true", " false "};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        set_extension("partition9", values[i]);
        expect_valid();
    }
    static const char *const bad_values[] = {"null", "{}", "[1]", "", "a", "1 2", " null"};
    for (size_t i = 0; i < sizeof bad_values / sizeof *bad_values; i++) {
        set_extension("ext", bad_values[i]);
        expect_breach("events[3].extensions.ext: must be a JSON string, number or boolean", "events[3].extensions.ext");
    }
    set_extension("", "1");
    expect_breach("events[3].extensions.: the name must consist of lower-case letters and digits", "events[3].extensions.");
    set_extension("Foo", "1");
    expect_breach("events[3].extensions.Foo: the name must consist of lower-case letters and digits",
                  "events[3].extensions.Foo");
    set_extension("source", "\"x\"");
    expect_breach("events[3].extensions.source: an attribute of CloudEvents itself has this name",
                  "events[3].extensions.source");
}

Test(check, an_extension_stands_once) {
    const ingest_extension twice[] = {{"a", "1"}, {"a", "2"}};
    event.extensions = twice;
    event.n_extensions = 2;
    expect_breach("events[3].extensions.a: stands there twice", "events[3].extensions.a");
}

Test(check, extensions_are_counted) {
    static char names[65][4];
    static ingest_extension many[65];
    for (int i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "e%02d", i);
        many[i] = (ingest_extension){names[i], "1"};
    }
    event.extensions = many;
    event.n_extensions = 64;
    expect_valid();
    event.extensions = many;
    event.n_extensions = 65;
    expect_breach("events[3].extensions: 65 extension attributes; at most 64", "events[3].extensions");
}

Test(check, all_breaches_are_collected_and_the_first_is_the_message) {
    event.id = "";
    event.type = "";
    event.data = "{";
    cr_expect_eq(ingest_check_event(&event, "event", &st), PT_INVALID_ARGUMENT);
    cr_expect_str_eq(st.message, "event.id: must not be empty");
    cr_expect(details_name("event.id") && details_name("event.type") && details_name("event.data"));
}

Test(page_size, has_a_default_and_a_ceiling) {
    cr_expect_eq(ingest_page_size(0), 100);
    cr_expect_eq(ingest_page_size(1), 1);
    cr_expect_eq(ingest_page_size(1000), 1000);
    cr_expect_eq(ingest_page_size(4000000000u), 1000);
}
