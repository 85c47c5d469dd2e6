#include "kassaflow/rpc/server.hpp"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "kassaflow/v1/status.grpc.pb.h"

namespace kassaflow::rpc {
namespace {

grpc::StatusCode ask(int port) {
  const auto stub =
      v1::Status::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::LookUpResponse response;
  return stub->LookUp(&context, {}, &response).error_code();
}

TEST(RpcServer, ServesUntilItIsStopped) {
  v1::Status::Service service;
  Server server("127.0.0.1:0", service);
  EXPECT_EQ(ask(server.port()), grpc::StatusCode::UNIMPLEMENTED);
  server.stop();
  EXPECT_EQ(ask(server.port()), grpc::StatusCode::UNAVAILABLE);
}

TEST(RpcServer, SharesItsPortWithNobody) {
  v1::Status::Service service;
  const Server server("127.0.0.1:0", service);
  const std::string taken = "127.0.0.1:" + std::to_string(server.port());
  EXPECT_THROW(Server(taken, service), std::runtime_error);
}

}  // namespace
}  // namespace kassaflow::rpc
