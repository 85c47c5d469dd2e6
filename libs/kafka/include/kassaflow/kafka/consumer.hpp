#pragma once
// A consumer whose positions live in the caller's database: records arrive in batches, and the caller stores the next
// position in the same transaction as what it made of them. Kafka's own committed offsets are not used.
//
// A log is compared with what was stored before it is read on, and looked at every second or two while it is read
// (exactly-once.md 18). Another log than the one read so far is alarmed and read from its beginning; records that were
// trimmed unread are alarmed, and reading goes on behind them. Whoever takes records in must not mind to get them
// twice.
//
// Life cycle: one consumer, one thread of its own, closed by stop() with a deadline. Range assignment.
// The callbacks run on that thread and may block (on PostgreSQL); while they do, nothing else is delivered.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/kafka/read_position.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::kafka {

struct ConsumerOptions {
  Connection connection;
  std::string client_id;
  std::string group;  // empty: no group, every partition of every topic is read
  std::vector<std::string> topics;
  std::size_t batch_limit = 500;            // records handed over at once
  std::chrono::milliseconds batch_wait{5};  // how long a batch may wait for more
  // How long the group waits for a member without its store, before the others get its partitions. Shorter outages are
  // cheaper than the rebalance, for which all members stop.
  std::chrono::milliseconds patience{10'000};
};

struct ConsumerHandler {
  // Partitions were assigned: the stored positions, of every partition of the topics. One that was never read is
  // absent. An exception: the store does not answer. It is asked (for no partitions) before the group is joined, and
  // again when batches are not taken for long: a consumer without its store stays out of the group.
  std::function<ReadPositions(const std::vector<Partition>&)> positions;
  // Where reading begins anew, or for the first time. Must be durable on return; an exception: as above.
  std::function<void(const ReadPositions&)> move;
  // A batch in order per partition. Must be durable on return. False (or an exception): the same records are delivered
  // again after `retry_wait`.
  std::function<bool(const std::vector<Record>&)> on_batch;
  std::function<void(const std::vector<Partition>&)> on_revoked;  // may be empty
};

class Consumer {
 public:
  Consumer(ConsumerOptions options, ConsumerHandler handler);
  ~Consumer();
  void start();
  void stop(std::chrono::milliseconds deadline);

  // kassaflow_kafka_lag: of each assigned partition, from the next offset to read to the log end as last seen; and
  // kassaflow_kafka_alarms_total, kassaflow_kafka_client_*. Thread-safe.
  void show(metrics::Metrics& metrics);
  // Why records are not taken in; empty: they are. Also when the store answers and refuses a batch for longer than
  // `patience`, which is alarmed. Thread-safe.
  [[nodiscard]] std::string not_ready() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::kafka
