#pragma once
// What operators may do to the journal (people.hpp, retries.hpp), served over gRPC: this translates. Any worker may do
// it, whoever holds the shard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "journal/people.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/rpc/access.hpp"
#include "kassaflow/rpc/server.hpp"
#include "lane.hpp"
#include "retries.hpp"

namespace kassaflow::fiscalizer {

// All of these run on any thread.
struct OperationsHooks {
  std::function<std::optional<std::vector<Lane::View>>()> views;  // of this worker's lanes; nullopt: it cannot say now
  std::function<void(const RegisterId& register_id)> settled;     // a register may go on; empty: a queue has grown
  std::function<void(const Finished&)> finished;
  // The register's document in force; null: there is none, or this version does not speak with it.
  std::function<std::shared_ptr<const configuration::Register>(const RegisterId& id)> find_register;
  AskPromise ask_promise;
  rpc::FindToken find_token;
};

class Operations {
 public:
  Operations(journal::Store& store, people::Times times, OperationsHooks hooks, WorkerId worker);
  ~Operations();
  // The port; throws when it cannot listen.
  int start(const std::string& address, const identity::Files& identity);
  void stop();

 private:
  class Service;
  const rpc::Access access_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace kassaflow::fiscalizer
