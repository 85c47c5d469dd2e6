#pragma once
// gRPC: what operators and ingress ask of the view.

#include <memory>
#include <string>

#include "kassaflow/postgres/database.hpp"
#include "kassaflow/rpc/access.hpp"
#include "kassaflow/rpc/server.hpp"

namespace kassaflow::status {

class StatusService {
 public:
  StatusService(postgres::Database& database, const rpc::Access& access);
  ~StatusService();
  // The port; throws when it cannot listen.
  int start(const std::string& address, const identity::Files& identity);
  void stop();

 private:
  class Service;
  const rpc::Access& access_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace kassaflow::status
