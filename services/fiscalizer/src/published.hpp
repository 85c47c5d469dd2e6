#pragma once
// What Kafka knows of the journal: the outcomes it has published, and the posts it is made of. What is there outlives
// the journal (exactly-once.md 17).

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kassaflow/kafka/log_ends.hpp"

namespace kassaflow::fiscalizer {

// Resumes on the caller's executor.
class Published {
 public:
  virtual ~Published() = default;

  // Values of the last records of every partition of kassaflow.outcomes; nullopt: Kafka does not answer.
  virtual boost::asio::awaitable<std::optional<std::vector<std::string>>> latest() = 0;

  // Of all that is there now, in batches, a receipt's in their order. False: Kafka did not answer, or `take` said so.
  using Take = std::function<boost::asio::awaitable<bool>(std::vector<std::string> values)>;
  virtual boost::asio::awaitable<bool> read(Take take) = 0;

  // Where posts and callbacks end now, compared with what is read; empty: Kafka does not answer.
  virtual boost::asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts(kafka::ReadPositions read) = 0;
};

}  // namespace kassaflow::fiscalizer
