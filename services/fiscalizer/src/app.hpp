#pragma once
// The fiscalizer's process: what stands around the worker. Kafka's records go into the journal, people's orders come by
// gRPC, the configuration from the registry, outcomes leave, metrics are measured. Everything but the threads of Kafka,
// PostgreSQL, gRPC, the watcher, Retries and the leases' keeper runs on one executor thread.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "counters.hpp"
#include "eraser.hpp"
#include "journal/postgres_lease_store.hpp"
#include "journal/postgres_store.hpp"
#include "kafka_published.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/http/shared_answers.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/dead_letters.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "kassaflow/kafka/topic_check.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/runtime/service.hpp"
#include "operations.hpp"
#include "settings.hpp"
#include "worker.hpp"

namespace kassaflow::fiscalizer {

class App final : public runtime::App {
 public:
  App(const runtime::Context& context, const FiscalizerSettings& settings);
  ~App() override;
  [[nodiscard]] std::string not_ready() const override;
  void update_metrics() override;
  // Stops intake, lets what is on its way finish or be left in the journal, gives the shards away.
  boost::asio::awaitable<void> shut_down() override;

 private:
  void warn_of_files(std::size_t registers);
  kafka::ReadPositions positions_of(bool assigned);
  bool on_batch(const std::vector<kafka::Record>& batch);
  boost::asio::awaitable<void> measure();
  [[nodiscard]] std::optional<std::vector<Lane::View>> ask_views();

  runtime::Context context_;
  const FiscalizerSettings& settings_;
  Counters counters_;
  postgres::Database database_;
  postgres::Database intake_database_;
  std::optional<Life> intake_life_;  // of the journal whose positions intake goes on from; the consumer's thread
  boost::asio::thread_pool lease_thread_{1};
  postgres::Database lease_database_;
  journal::PostgresLeaseStore lease_store_;
  journal::PostgresStore store_;
  journal::PostgresStore intake_store_;
  kafka::TopicCheck topics_;
  kafka::Producer producer_;
  kafka::DeadLetters dead_letters_;
  KafkaPublished published_;
  http::Network network_;  // of the drivers
  http::SharedAnswers shared_answers_;
  configuration::Watcher watcher_;
  Worker worker_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<Operations> operations_;
  Eraser eraser_;
  async::Event measure_;
  std::optional<std::vector<Waiting>> waiting_;  // as it was measured last
  bool files_warned_ = false;                    // the watcher's thread's
  async::Event measured_;                        // when measure() has ended
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
