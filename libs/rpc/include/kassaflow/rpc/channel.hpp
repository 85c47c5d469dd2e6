#pragma once
// How a service is called: over TLS, and only if its certificate has its name. Thread-safe.

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <string_view>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/identity/identity.hpp"

namespace kassaflow::rpc {

// To `service` ("status") at "host:port". People have no certificate: they leave it and its key empty, and each of
// their calls says the token.
[[nodiscard]] std::shared_ptr<grpc::Channel> open_channel(const identity::Files& identity, std::string_view service,
                                                          const std::string& address,
                                                          grpc::ChannelArguments arguments = {},
                                                          const Secret& token = {});

}  // namespace kassaflow::rpc
