#pragma once
// What Kafka is told of the journal, and what it knows of it.

#include <boost/asio/thread_pool.hpp>

#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/log_reader.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "outcome_publisher.hpp"
#include "published.hpp"

namespace kassaflow::fiscalizer {

// To kassaflow.outcomes. `producer` outlives it.
[[nodiscard]] PublishOutcome publish_to(kafka::Producer& producer);

class KafkaPublished final : public Published {
 public:
  KafkaPublished(const kafka::Connection& connection, const std::string& client_id);
  ~KafkaPublished() override;

  boost::asio::awaitable<std::optional<std::vector<std::string>>> latest() override;
  boost::asio::awaitable<bool> read(Take take) override;
  boost::asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts(kafka::ReadPositions read) override;

 private:
  kafka::LogReadOptions options_;
  kafka::LogEnds posts_;
  boost::asio::thread_pool reader_{1};
};

}  // namespace kassaflow::fiscalizer
