// The server of gRPC C++: its asynchronous API, one completion queue and one thread. rpc-grpc-server URL.
#include <grpcpp/grpcpp.h>

#include <iostream>
#include <memory>

#include "common/serve.h"
#include "echo.grpc.pb.h"
#include "grpc_peer.hpp"

namespace {

using partie::bench::v1::EchoRequest;
using partie::bench::v1::EchoResponse;
using partie::bench::v1::EchoService;

// Calls that wait to be taken.
constexpr int kPosted = 256;

// One call; another is posted as soon as this one is taken.
class Call {
   public:
    Call(EchoService::AsyncService *service, grpc::ServerCompletionQueue *queue) : service_(service), queue_(queue), writer_(&context_) {
        service_->RequestEcho(&context_, &request_, &writer_, queue_, queue_, this);
    }

    // False: the call is over.
    bool Proceed(bool ok) {
        if (!ok || answered_) return false;
        answered_ = true;
        new Call(service_, queue_);
        reply_.set_id(request_.id());
        reply_.mutable_payload()->swap(*request_.mutable_payload());
        writer_.Finish(reply_, grpc::Status::OK, this);
        return true;
    }

   private:
    EchoService::AsyncService *service_;
    grpc::ServerCompletionQueue *queue_;
    grpc::ServerContext context_;
    EchoRequest request_;
    EchoResponse reply_;
    grpc::ServerAsyncResponseWriter<EchoResponse> writer_;
    bool answered_ = false;
};

}  // namespace

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " URL; started by scripts/bench\n";
        return 2;
    }
    const std::string url = argv[1];
    grpc::ServerBuilder builder;
    for (const auto &[name, value] : pt_bench::kTuned) builder.AddChannelArgument(name, value);
    int port = 0;
    builder.AddListeningPort(pt_bench::Target(url), grpc::InsecureServerCredentials(), &port);
    EchoService::AsyncService service;
    builder.RegisterService(&service);
    const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
    const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
    if (!server) return 1;
    for (int i = 0; i < kPosted; i++) new Call(&service, queue.get());
    pt_serve_listening(url.rfind("ipc:", 0) == 0 ? url.c_str() : ("tcp://127.0.0.1:" + std::to_string(port)).c_str());
    void *tag;
    bool ok;
    while (queue->Next(&tag, &ok)) {
        auto *call = static_cast<Call *>(tag);
        if (!call->Proceed(ok)) delete call;
    }
}
