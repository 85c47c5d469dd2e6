#pragma once
// gRPC: what operators and ingress ask of the view.

#include <memory>
#include <string>

#include "kassaflow/postgres/database.hpp"
#include "kassaflow/rpc/server.hpp"

namespace kassaflow::status {

class StatusService {
 public:
  explicit StatusService(postgres::Database& database);
  ~StatusService();
  int start(const std::string& address);  // the port; throws when it cannot listen
  void stop();

 private:
  class Service;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace kassaflow::status
