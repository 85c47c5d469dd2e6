#pragma once
// An idempotent producer (acks=all) behind co_await. librdkafka enters through its event queue on an eventfd: what the
// brokers confirmed resumes its senders in one go, without another thread in between.
//
// Thread-safety: send() and flush() belong on `executor`, which runs one thing at a time; healthy() and show() may be
// called from anywhere.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::kafka {

struct ProducerOptions {
  Connection connection;
  std::string client_id;
  std::vector<std::string> topics;  // their leaders are looked up first: a first record would wait for them up to 1 s
  std::chrono::milliseconds message_timeout{4000};  // below PRINT_DEADLINE (exactly-once.md 15)
  std::size_t queue_limit = 100000;                 // records in flight; above it send() fails with kQueueFull
};

struct Position {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// Certainly not sent: too many records are in flight.
inline constexpr ErrorKind kQueueFull{"kafka.queue_full", "see why the brokers are slower than what comes in"};
// Certainly not persisted.
inline constexpr ErrorKind kNotPersisted{"kafka.not_persisted",
                                         "nothing was sent: see what the brokers say, and the setting kafka_brokers"};
// Possibly persisted.
inline constexpr ErrorKind kUnknown{"kafka.unknown", "it may have been sent: see whether the brokers are well"};

class Producer {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  Producer(boost::asio::any_io_executor executor, ProducerOptions options);
  ~Producer();  // what is still in flight is given up, its senders never resume: flush() first

  // Resumes when the broker confirmed (status PERSISTED) or certainly or possibly not, at `deadline` at the latest.
  // Fails with kQueueFull, kNotPersisted or kUnknown.
  boost::asio::awaitable<Result<Position>> send(std::string topic, std::string key, std::string value, Headers headers,
                                                Deadline deadline = Deadline::max());

  // Waits for what is in flight.
  boost::asio::awaitable<void> flush(std::chrono::milliseconds limit);
  [[nodiscard]] boost::asio::any_io_executor executor() const;  // the one it was made with; from any thread
  [[nodiscard]] bool healthy() const;                           // brokers reachable, leaders of `topics` known
  void show(metrics::Metrics& metrics);                         // kassaflow_kafka_client_*; from any thread

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::kafka
