#pragma once
// Has the view taken in all that was in the logs when the question came (exactly-once.md 14)? Whichever replica reads
// them: the positions are in the database. Not thread-safe: for one executor thread.

#include <boost/asio/awaitable.hpp>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::status {

class CaughtUp {
 public:
  CaughtUp(async::Clock& clock, kafka::LogEnds& log_ends, postgres::Database& database)
      : clock_(clock), log_ends_(log_ends), database_(database) {}
  // False also when Kafka or PostgreSQL do not tell in time (2 s).
  boost::asio::awaitable<bool> operator()();

 private:
  async::Clock& clock_;
  kafka::LogEnds& log_ends_;
  postgres::Database& database_;
  kafka::ReadPositions stored_;  // as last seen; they only grow, so any may use what another has read
  bool reading_ = false;
};

}  // namespace kassaflow::status
