#pragma once
// One fiscalizer worker: takes in, holds shards, drives the lanes of its pools, publishes outcomes. Everything but
// the threads of Kafka, PostgreSQL, gRPC, the watcher and Retries runs on one executor thread, so nothing here is
// locked.

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "dispatcher.hpp"
#include "intake.hpp"
#include "journal.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/runtime/service.hpp"
#include "lane.hpp"
#include "leases.hpp"
#include "operations.hpp"
#include "outcome_publisher.hpp"
#include "settings.hpp"

namespace kassaflow::fiscalizer {

class Worker final : public runtime::App {
 public:
  Worker(const runtime::Context& context, const FiscalizerSettings& settings);
  ~Worker() override;
  [[nodiscard]] std::string not_ready() const override;
  void update_metrics() override;
  boost::asio::awaitable<void> shut_down() override;

 private:
  void spawn(boost::asio::awaitable<void> task);
  bool on_batch(const std::vector<kafka::Record>& batch);
  // Lanes follow the shards held and the configuration in force.
  void reconcile();
  LaneDependencies lane_context();
  // What happened beside the lanes.
  boost::asio::awaitable<void> follow_up();
  boost::asio::awaitable<void> settle_evidence(Journal::Undecided undecided);
  void tell_lane(const RegisterId& register_id, const Heard& heard, Kind kind, const Settled& settled);
  boost::asio::awaitable<void> handle_callback(Journal::Callback callback);
  boost::asio::awaitable<void> measure();
  void count(const Finished& finished);
  [[nodiscard]] std::vector<Lane::View> views() const;
  [[nodiscard]] std::optional<std::vector<Lane::View>> ask_views();

  runtime::Context context_;
  const FiscalizerSettings& settings_;
  postgres::Database database_;
  postgres::Database intake_database_;
  postgres::Database lease_database_;  // a heartbeat never waits behind other work
  kafka::Producer producer_;
  http::Network network_;  // of the drivers
  Journal journal_;
  Leases leases_;
  Dispatcher dispatcher_;
  OutcomePublisher publisher_;
  configuration::Watcher watcher_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<Operations> operations_;
  std::map<RegisterId, std::shared_ptr<Lane>> lanes_;
  async::Event wake_;
  async::Event measure_;
  bool stopping_ = false;
  int running_ = 0;
  async::Event all_done_;
};

}  // namespace kassaflow::fiscalizer
