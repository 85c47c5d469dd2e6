#pragma once
// The ends of topics' logs, asked from the broker: whoever has read up to an end that was asked after a moment has read
// all that was in the log at that moment (exactly-once.md 14), provided it is the log that was read (exactly-once.md
// 18).
//
// Life cycle: one thread and one connection of its own, made at the first question, so that a slow broker holds nobody
// but who asks. Thread-safe.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/kafka/read_position.hpp"

namespace kassaflow::kafka {

struct LogEnd {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t end = 0;  // offset of the next record
  std::int64_t log = 0;  // of the position it was compared with
  Continuity continuity = Continuity::same;
};

// True when everything before `ends` has been read; unknown (empty) ends are never reached, nor are those of
// another log than the one that was read.
[[nodiscard]] bool reached(const ReadPositions& read, const std::vector<LogEnd>& ends);

class LogEnds {
 public:
  struct Options {
    Connection connection;
    std::string client_id;
    std::vector<std::string> topics;
    std::chrono::milliseconds limit{1000};  // of one question
  };
  using Fetch = std::function<std::vector<LogEnd>(const ReadPositions&)>;  // blocks

  explicit LogEnds(const Options& options);
  explicit LogEnds(Fetch fetch);  // asks something else than Kafka
  ~LogEnds();                     // ends the question under way, at most `limit` later

  // Every partition of every topic as it is now, compared with `positions` (absent: never read); empty when the broker
  // did not tell all of them in time. One question serves all who wait for it, with the positions of the last one, and
  // it starts only after each of them began to wait: while another is under way, the next one is waited for. Resumes
  // within two limits, on the caller's executor.
  [[nodiscard]] boost::asio::awaitable<std::vector<LogEnd>> ask(ReadPositions positions);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::kafka
