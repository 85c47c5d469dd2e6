#pragma once
// Serves one gRPC service over TLS, to whom `access` lets in. Thread-safe.

#include <functional>
#include <memory>
#include <string>

#include "kassaflow/identity/identity.hpp"

namespace grpc {
class Server;
class ServerBuilder;
class Service;
}  // namespace grpc

namespace kassaflow::rpc {

class Access;

class Server {
 public:
  // Listens at once on "host:port"; port 0 takes a free one. Throws std::runtime_error when it cannot, also when a
  // process of ours has that port: gRPC alone would let both listen and give each half of the calls.
  // `service` outlives this. `tune`: limits that differ from gRPC's own.
  using Tune = std::function<void(grpc::ServerBuilder&)>;
  Server(const std::string& address, const identity::Files& identity, const Access& access, grpc::Service& service,
         const Tune& tune = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] int port() const { return port_; }
  void stop();  // calls under way have two seconds

 private:
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace kassaflow::rpc
