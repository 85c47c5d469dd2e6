#pragma once
// An idempotent producer (acks=all) behind co_await. librdkafka enters through its event queue.
//
// Thread-safety: send() may be called from any executor thread; the coroutine resumes on its own executor.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kassaflow/base/result.hpp"

namespace kassaflow::kafka {

struct ProducerOptions {
  std::string brokers;
  std::string client_id;
  std::chrono::milliseconds message_timeout{4000};  // below PRINT_DEADLINE (exactly-once.md 15)
  std::size_t queue_limit = 100000;                 // records in flight; above it send() fails with "kafka.queue_full"
};

struct Position {
  std::int32_t partition = -1;
  std::int64_t offset = -1;
};

using Headers = std::vector<std::pair<std::string, std::string>>;

class Producer {
 public:
  Producer(boost::asio::any_io_executor executor, ProducerOptions options);
  ~Producer();

  // True once the metadata of `topic` is known (first produce would otherwise wait up to 1 s).
  boost::asio::awaitable<bool> prime(std::string topic, std::chrono::milliseconds timeout);

  // Resumes when the broker confirmed (status PERSISTED) or certainly or possibly not.
  // Codes: kafka.queue_full (certainly not sent), kafka.not_persisted (certainly not), kafka.unknown (possibly
  // persisted).
  boost::asio::awaitable<Result<Position>> send(std::string topic, std::string key, std::string value, Headers headers);

  // Waits for what is in flight.
  boost::asio::awaitable<void> flush(std::chrono::milliseconds deadline);
  [[nodiscard]] bool healthy() const;  // brokers reachable, no fatal error being replaced

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::kafka
