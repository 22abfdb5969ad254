// What client and server of the gRPC peer share: their arguments, which are the best that were found for it, and URLs.
#pragma once

#include <grpc/grpc.h>

#include <string>
#include <utility>

namespace pt_bench {

// Filters and pings that an echo does without.
inline constexpr std::pair<const char *, int> kTuned[] = {
    {GRPC_ARG_ENABLE_CENSUS, 0},   {GRPC_ARG_ENABLE_DEADLINE_CHECKS, 0},         {GRPC_ARG_ENABLE_RETRIES, 0},
    {GRPC_ARG_ENABLE_CHANNELZ, 0}, {GRPC_ARG_ENABLE_PER_MESSAGE_COMPRESSION, 0}, {GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0},
    {GRPC_ARG_HTTP2_BDP_PROBE, 0},
};

// tcp://127.0.0.1:1 is 127.0.0.1:1 here, ipc:///path is unix:/path.
inline std::string Target(const std::string &url) {
    return url.rfind("ipc://", 0) == 0 ? "unix:" + url.substr(6) : url.substr(url.find("//") + 2);
}

} // namespace pt_bench
