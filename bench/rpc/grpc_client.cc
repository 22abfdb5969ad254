// The client of gRPC C++: its asynchronous API, one completion queue and one thread, one channel.
#include <grpcpp/grpcpp.h>

#include <memory>

#include "common/clock.h"
#include "common/load.h"
#include "echo.grpc.pb.h"
#include "grpc_peer.hpp"

namespace {

using partie::bench::v1::EchoRequest;
using partie::bench::v1::EchoResponse;
using partie::bench::v1::EchoService;

struct Call {
    grpc::ClientContext context;
    EchoResponse reply;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader;
    uint64_t id, started_ns;
};

class Client {
   public:
    explicit Client(const std::string &url) {
        grpc::ChannelArguments arguments;
        for (const auto &[name, value] : pt_bench::kTuned) arguments.SetInt(name, value);
        stub_ = EchoService::NewStub(
            grpc::CreateCustomChannel(pt_bench::Target(url), grpc::InsecureChannelCredentials(), arguments));
        request_.mutable_payload()->resize(PT_LOAD_PAYLOAD);
    }

    void Start(uint64_t now_ns) {
        auto *call = new Call;
        call->id = next_++;
        call->started_ns = now_ns;
        pt_load_payload(call->id, reinterpret_cast<unsigned char *>(request_.mutable_payload()->data()));
        request_.set_id(static_cast<int64_t>(call->id));
        call->reader = stub_->AsyncEcho(&call->context, request_, &queue_);
        call->reader->Finish(&call->reply, &call->status, call);
    }

    // The next call that has ended well.
    std::unique_ptr<Call> Next() {
        void *tag;
        bool ok;
        if (!queue_.Next(&tag, &ok)) pt_load_fail("the completion queue has ended");
        std::unique_ptr<Call> call(static_cast<Call *>(tag));
        if (!call->status.ok()) pt_load_fail("%s", call->status.error_message().c_str());
        if (call->reply.id() != static_cast<int64_t>(call->id)) pt_load_fail("the reply to another call");
        pt_load_check(call->id, call->reply.payload().data(), call->reply.payload().size());
        return call;
    }

   private:
    std::unique_ptr<EchoService::Stub> stub_;
    grpc::CompletionQueue queue_;
    EchoRequest request_;
    uint64_t next_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
    pt_load *load = pt_load_open(argc, argv);
    Client client(pt_load_url(load));
    client.Start(pt_clock_ns());
    client.Next();
    pt_load_answered(load);
    unsigned under_way = pt_load_outstanding(load);
    for (unsigned i = 0; i < under_way; i++) client.Start(pt_clock_ns());
    while (under_way > 0) {
        const uint64_t started_ns = client.Next()->started_ns;
        const uint64_t now = pt_clock_ns();
        if (pt_load_done(load, started_ns, now))
            client.Start(now);
        else
            under_way--;
    }
    return pt_load_close(load);
}
