#pragma once
// The status service put together: the view's intake, CHECK_URL, ingress's question, the pusher and the gRPC service.

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "caught_up.hpp"
#include "check_handler.hpp"
#include "counters.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/http/peer_server.hpp"
#include "kassaflow/http/server.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/dead_letters.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/kafka/topic_check.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/rpc/access.hpp"
#include "kassaflow/runtime/service.hpp"
#include "look_ups.hpp"
#include "pusher.hpp"
#include "settings.hpp"
#include "status_service.hpp"
#include "trace_exporter.hpp"

namespace kassaflow::status {

class StatusApp final : public runtime::App {
 public:
  StatusApp(const runtime::Context& context, const StatusSettings& settings);
  [[nodiscard]] std::string not_ready() const override;
  void update_metrics() override;
  boost::asio::awaitable<void> shut_down() override;

 private:
  kafka::ReadPositions positions_of(bool assigned);
  bool on_batch(const std::vector<kafka::Record>& batch);
  boost::asio::awaitable<void> measure();
  boost::asio::awaitable<void> look_whether_caught_up();
  CheckDependencies check_dependencies();
  Pusher::Dependencies pusher_dependencies();

  runtime::Context context_;
  const StatusSettings& settings_;
  Counters counters_;
  postgres::Database database_;          // intake, pushes, operators, ingress
  postgres::Database answers_database_;  // CHECK_URL alone: nothing else may delay it
  kafka::TopicCheck topics_;
  kafka::Producer producer_;
  kafka::DeadLetters dead_letters_;
  kafka::LogEnds log_ends_;
  CaughtUp caught_up_for_pushes_;
  CaughtUp caught_up_for_answers_;
  configuration::Watcher watcher_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::string life_;  // of the view whose positions the consumer goes on from, empty: none yet; the consumer's thread
  rpc::Access access_;
  StatusService grpc_;
  http::Network network_;
  http::Network operators_network_{{.allow_private = true}};
  TraceExporter traces_;
  Pusher pusher_;
  CheckHandler check_handler_;
  LookUps look_ups_;
  http::PeerServer look_up_server_;
  http::Server http_;
  bool stopping_ = false;
};

}  // namespace kassaflow::status
