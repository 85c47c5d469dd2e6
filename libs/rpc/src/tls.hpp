#pragma once
// gRPC's credentials of an identity. Its files are looked at again every ten seconds.

#include <grpcpp/grpcpp.h>

#include <memory>

#include "kassaflow/identity/identity.hpp"

namespace kassaflow::rpc {

// Clients need no certificate, but a false one is refused.
[[nodiscard]] std::shared_ptr<grpc::ServerCredentials> server_credentials(const identity::Files& identity);
[[nodiscard]] std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const identity::Files& identity);

}  // namespace kassaflow::rpc
