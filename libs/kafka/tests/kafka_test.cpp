#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/producer.hpp"
#include "on_a_loop.hpp"
#include "stack_brokers.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;

class KafkaTest : public OnALoop {
 protected:
  Result<Position> send(Producer& producer, const std::string& topic, const std::string& key,
                        const std::string& value) {
    return run(producer.send(topic, key, value, {{"content-type", "text/plain"}}));
  }

  const Connection brokers_ = stack_brokers();
};

TEST_F(KafkaTest, WhatWasConfirmedIsReadFromTheStoredPositionOn) {
  Producer producer(io_.get_executor(),
                    {.connection = brokers_, .client_id = "kafka_test", .topics = {"kassaflow.dead-letters"}});
  const auto key = "key-" + std::to_string(std::random_device{}());
  const auto first = send(producer, "kassaflow.dead-letters", key, "one");
  ASSERT_TRUE(first) << first.error().message;
  const auto second = send(producer, "kassaflow.dead-letters", key, "two");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->partition, first->partition);

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Record> seen;
  int offered = 0;
  ConsumerHandler handler;
  handler.positions = [&](const auto& partitions) {
    ReadPositions positions;
    for (const auto& partition : partitions) {
      if (partition.second == first->partition) positions[partition].next_offset = second->offset;
    }
    return positions;
  };
  handler.move = [](const auto&) {};
  handler.on_batch = [&](const std::vector<Record>& batch) {
    const std::lock_guard lock(mutex);
    if (++offered == 1) return false;  // not stored: must come again
    for (const auto& record : batch) {
      if (record.key == key) seen.push_back(record);
    }
    changed.notify_all();
    return true;
  };
  Consumer consumer(
      {.connection = brokers_, .client_id = "kafka_test", .group = key, .topics = {"kassaflow.dead-letters"}}, handler);
  consumer.start();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return !seen.empty(); }));
    EXPECT_GE(offered, 2);
    EXPECT_EQ(seen.front().value, "two") << "the one before the stored position is not read again";
    EXPECT_EQ(seen.front().headers.at("content-type"), "text/plain");
  }
  EXPECT_EQ(consumer.not_ready(), "");

  LogEnds log_ends(
      {.connection = brokers_, .client_id = "kafka_test", .topics = {"kassaflow.dead-letters"}, .limit = 10s});
  const auto ends = run(log_ends.ask({}));
  const auto end = std::find_if(ends.begin(), ends.end(), [&](const LogEnd& one) {
    return one.topic == "kassaflow.dead-letters" && one.partition == first->partition;
  });
  ASSERT_NE(end, ends.end());
  EXPECT_GT(end->end, second->offset) << "what was confirmed before the question lies before the end";
  consumer.stop(10s);
}

}  // namespace
}  // namespace kassaflow::kafka
