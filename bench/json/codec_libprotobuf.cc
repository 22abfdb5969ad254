// libprotobuf: JSON text to message and back, as its users do it.
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/json_util.h>

#include <memory>
#include <string>

#include "codec.h"
#include "samples.pb.h"

namespace {

using google::protobuf::Message;

struct State {
    const Message *prototype;
    std::unique_ptr<Message> message;
    std::string text, wire;
};

void *Open(const char *type) {
    static const partie::bench::v1::Event event;
    static const partie::bench::v1::Bars bars;
    for (const Message *prototype : {static_cast<const Message *>(&event), static_cast<const Message *>(&bars)})
        if (prototype->GetDescriptor()->name() == type) return new State{prototype, nullptr, {}, {}};
    return nullptr;
}

void Close(void *arg) {
    delete static_cast<State *>(arg);
}

bool Parse(void *arg, pt_text json) {
    auto *state = static_cast<State *>(arg);
    state->message.reset(state->prototype->New());
    return google::protobuf::util::JsonStringToMessage({json.bytes, json.len}, state->message.get()).ok();
}

bool Print(void *arg) {
    auto *state = static_cast<State *>(arg);
    state->text.clear();
    return google::protobuf::util::MessageToJsonString(*state->message, &state->text).ok();
}

pt_text Printed(void *arg) {
    const auto *state = static_cast<State *>(arg);
    return {state->text.data(), state->text.size()};
}

pt_text Wire(void *arg) {
    auto *state = static_cast<State *>(arg);
    state->wire.clear();
    {
        google::protobuf::io::StringOutputStream stream(&state->wire);
        google::protobuf::io::CodedOutputStream coded(&stream);
        coded.SetSerializationDeterministic(true);
        state->message->SerializeToCodedStream(&coded);
    }
    return {state->wire.data(), state->wire.size()};
}

}  // namespace

extern "C" const pt_codec pt_codec_libprotobuf = {"libprotobuf", Open, Close, Parse, Print, Printed, Wire};
