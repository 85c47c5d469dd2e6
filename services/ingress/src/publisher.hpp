#pragma once
// Makes a post or a callback durable, or says what is known about it when that failed.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "kassaflow/base/id.hpp"
#include "kassaflow/kafka/producer.hpp"

namespace kassaflow::ingress {

struct Message {
  std::string topic;
  PoolId key;
  std::string value;  // Protocol Buffers
  std::string trace;
  kafka::Headers headers = {};  // beside trace-id and content-type
};

enum class Published : std::uint8_t {
  durable,
  not_sent,  // certainly not in Kafka
  unknown,   // may be or may become durable (exactly-once.md 15)
};

class Publisher {
 public:
  virtual ~Publisher() = default;
  // Answers by `deadline`, whatever Kafka does.
  virtual boost::asio::awaitable<Published> publish(Message message,
                                                    std::chrono::steady_clock::time_point deadline) = 0;
};

class KafkaPublisher final : public Publisher {
 public:
  explicit KafkaPublisher(kafka::Producer& producer) : producer_(producer) {}
  boost::asio::awaitable<Published> publish(Message message, std::chrono::steady_clock::time_point deadline) override;

 private:
  kafka::Producer& producer_;
};

}  // namespace kassaflow::ingress
