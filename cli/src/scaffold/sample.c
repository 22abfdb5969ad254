#include "scaffold/sample.h"

/* $ stands for order_log, @ for OrderLog, % for order-log. */
static const char sample[] =
    "// What % offers. This is a sample: keep what fits, change the rest, then run `scripts/new-service %` again.\n"
    "syntax = \"proto3\";\n"
    "\n"
    "package $.v1;\n"
    "\n"
    "import \"google/api/annotations.proto\";\n"
    "\n"
    "service @Service {\n"
    "  // One entry; NOT_FOUND where there is none.\n"
    "  rpc GetEntry(GetEntryRequest) returns (GetEntryResponse) {\n"
    "    // The same call twice is as good as once, and changes nothing: it may be retried and cached.\n"
    "    option idempotency_level = NO_SIDE_EFFECTS;\n"
    "    // GET /%/entries/42 calls this rpc with id = \"42\".\n"
    "    option (google.api.http) = {get: \"/%/entries/{id}\"};\n"
    "  }\n"
    "  // Adds one entry and says what it was called.\n"
    "  rpc AddEntry(AddEntryRequest) returns (AddEntryResponse) {\n"
    "    // No idempotency_level: calling twice adds two, so nothing repeats it by itself.\n"
    "    option (google.api.http) = {\n"
    "      post: \"/%/entries\"\n"
    "      // The JSON body is the field `entry`; `*` would make it the whole request.\n"
    "      body: \"entry\"\n"
    "    };\n"
    "  }\n"
    "}\n"
    "\n"
    "message Entry {\n"
    "  string id = 1;\n"
    "  string text = 2;\n"
    "}\n"
    "\n"
    "message GetEntryRequest {\n"
    "  string id = 1;\n"
    "}\n"
    "\n"
    "message GetEntryResponse {\n"
    "  Entry entry = 1;\n"
    "}\n"
    "\n"
    "message AddEntryRequest {\n"
    "  // Without an id: the service chooses it.\n"
    "  Entry entry = 1;\n"
    "}\n"
    "\n"
    "message AddEntryResponse {\n"
    "  string id = 1;\n"
    "}\n";

static const char *value_of(char mark, const pt_service_name *name) {
    switch (mark) {
    case '$': return name->id;
    case '@': return name->camel;
    case '%': return name->name;
    default: return NULL;
    }
}

pt_code pt_sample_contract(const pt_service_name *name, pt_buf *out) {
    pt_code code = PT_OK;
    for (const char *c = sample; *c && !code; c++) {
        const char *value = value_of(*c, name);
        code = value ? pt_buf_append_str(out, value) : pt_buf_append_byte(out, (uint8_t)*c);
    }
    return code;
}
