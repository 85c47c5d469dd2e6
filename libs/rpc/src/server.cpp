#include "kassaflow/rpc/server.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <stdexcept>

namespace kassaflow::rpc {

namespace {
constexpr std::chrono::seconds kLastCalls{2};
}  // namespace

Server::Server(const std::string& address, grpc::Service& service, const Tune& tune) {
  grpc::ServerBuilder builder;
  if (tune) tune(builder);
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&service);
  server_ = builder.BuildAndStart();
  if (!server_ || port_ == 0) throw std::runtime_error("cannot listen for gRPC on " + address + ": is it taken?");
}

Server::~Server() { stop(); }

void Server::stop() { server_->Shutdown(std::chrono::system_clock::now() + kLastCalls); }

}  // namespace kassaflow::rpc
