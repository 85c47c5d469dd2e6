#include "kassaflow/rpc/server.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <stdexcept>

#include "kassaflow/rpc/access.hpp"
#include "tls.hpp"

namespace kassaflow::rpc {

namespace {
constexpr std::chrono::seconds kLastCalls{2};
}  // namespace

Server::Server(const std::string& address, const identity::Files& identity, const Access& access,
               grpc::Service& service, const Tune& tune) {
  grpc::ServerBuilder builder;
  if (tune) tune(builder);
  const auto credentials = server_credentials(identity);
  credentials->SetAuthMetadataProcessor(access.door());
  builder.AddListeningPort(address, credentials, &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) throw std::runtime_error("cannot listen for gRPC on " + address + ": is it taken?");
}

Server::~Server() { stop(); }

void Server::stop() { server_->Shutdown(std::chrono::system_clock::now() + kLastCalls); }

}  // namespace kassaflow::rpc
