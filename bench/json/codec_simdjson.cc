// simdjson: text to a document, with no contract: what reading JSON costs at the least.
#include <simdjson.h>

#include <memory>
#include <new>

#include "codec.h"

namespace {

struct State {
    simdjson::dom::parser parser;
    simdjson::padded_string text;
    const char *source = nullptr;
};

void *Open(const char *) {
    return new (std::nothrow) State;
}

void Close(void *arg) {
    delete static_cast<State *>(arg);
}

// The padding that simdjson wants behind a text is made once for a text.
bool Parse(void *arg, pt_text json) {
    auto *state = static_cast<State *>(arg);
    if (state->source != json.bytes) {
        state->text = simdjson::padded_string(json.bytes, json.len);
        state->source = json.bytes;
    }
    return !state->parser.parse(state->text).error();
}

}  // namespace

extern "C" const pt_codec pt_codec_simdjson = {"simdjson", Open, Close, Parse, nullptr, nullptr, nullptr};
