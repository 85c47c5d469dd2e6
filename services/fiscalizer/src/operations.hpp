#pragma once
// What operators may do to the journal (exactly-once.md 16), served over gRPC. Every action is compare-and-set and
// audited; any worker may do it, whoever holds the shard.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/postgres/pool.hpp"
#include "kassaflow/rpc/server.hpp"
#include "lane.hpp"

namespace kassaflow::fiscalizer {

class Operations {
 public:
  // `views` runs on any thread and returns what the lanes of this worker show, nullopt when it cannot say in time;
  // `settled` tells that a register may go on.
  Operations(postgres::Pool& pool, std::chrono::milliseconds quiet,
             std::function<std::optional<std::vector<Lane::View>>()> views,
             std::function<void(const std::string& register_id)> settled, std::function<void(const Finished&)> finished,
             std::string worker);
  ~Operations();
  void start(const std::string& address);
  void stop();

 private:
  class Service;
  std::unique_ptr<Service> service_;
  std::unique_ptr<rpc::Server> server_;
};

}  // namespace kassaflow::fiscalizer
