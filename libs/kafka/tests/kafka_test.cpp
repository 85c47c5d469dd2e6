#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <condition_variable>
#include <mutex>
#include <random>

#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/producer.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;

class ProducerTest : public testing::Test {
 protected:
  static ProducerOptions nowhere(std::chrono::milliseconds message_timeout) {
    return {.brokers = "127.0.0.1:1",
            .client_id = "kafka_test",
            .topics = {"kassaflow.receipts"},
            .message_timeout = message_timeout};
  }
  // A producer always waits for events: the loop never runs dry by itself.
  template <class T>
  T run(boost::asio::awaitable<T> work) {
    auto future = boost::asio::co_spawn(io_, std::move(work), boost::asio::use_future);
    io_.restart();
    while (future.wait_for(0s) != std::future_status::ready) io_.run_one();
    return future.get();
  }

  boost::asio::io_context io_;
};

class KafkaTest : public ProducerTest {
 protected:
  void SetUp() override {
    const char* brokers = std::getenv("KASSAFLOW_KAFKA");
    if (brokers == nullptr) GTEST_SKIP() << "KASSAFLOW_KAFKA is not set: run through ./dev test functional";
    brokers_ = brokers;
  }

  Result<Position> send(Producer& producer, const std::string& topic, const std::string& key,
                        const std::string& value) {
    return run(producer.send(topic, key, value, {{"content-type", "text/plain"}}));
  }

  std::string brokers_;
};

TEST_F(KafkaTest, WhatWasConfirmedIsReadFromTheStoredPositionOn) {
  Producer producer(io_.get_executor(),
                    {.brokers = brokers_, .client_id = "kafka_test", .topics = {"kassaflow.dead-letters"}});
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
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> positions;
    for (const auto& partition : partitions) {
      if (partition.second == first->partition) positions[partition] = second->offset;
    }
    return positions;
  };
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
      {.brokers = brokers_, .client_id = "kafka_test", .group = key, .topics = {"kassaflow.dead-letters"}}, handler);
  consumer.start();
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, [&] { return !seen.empty(); }));
    EXPECT_GE(offered, 2);
    EXPECT_EQ(seen.front().value, "two") << "the one before the stored position is not read again";
    EXPECT_EQ(seen.front().headers.at("content-type"), "text/plain");
  }
  EXPECT_TRUE(consumer.healthy());

  LogEnds log_ends(
      {.brokers = brokers_, .client_id = "kafka_test", .topics = {"kassaflow.dead-letters"}, .limit = 10s});
  const auto ends = run(log_ends.ask());
  const auto end = std::find_if(ends.begin(), ends.end(), [&](const LogEnd& one) {
    return one.topic == "kassaflow.dead-letters" && one.partition == first->partition;
  });
  ASSERT_NE(end, ends.end());
  EXPECT_GT(end->end, second->offset) << "what was confirmed before the question lies before the end";
  consumer.stop(10s);
}

TEST_F(ProducerTest, WithoutABrokerNothingIsConfirmed) {
  Producer producer(io_.get_executor(), nowhere(300ms));
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "kafka.not_persisted");
  EXPECT_FALSE(producer.healthy());
}

// exactly-once.md 15
TEST_F(ProducerTest, Rule15_AnswersUnknownAtTheDeadlineWhateverKafkaDoes) {
  Producer producer(io_.get_executor(), nowhere(60s));
  const auto soon = std::chrono::steady_clock::now() + 50ms;
  auto later = boost::asio::co_spawn(io_, producer.send("kassaflow.receipts", "k", "v", {}), boost::asio::use_future);
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}, soon));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "kafka.unknown");
  EXPECT_EQ(later.wait_for(0s), std::future_status::timeout) << "which has no deadline";
}

TEST_F(ProducerTest, RefusesWhatDoesNotFitIntoItsQueue) {
  auto options = nowhere(60s);
  options.queue_limit = 1;
  Producer producer(io_.get_executor(), options);
  auto first = boost::asio::co_spawn(io_, producer.send("kassaflow.receipts", "k", "v", {}), boost::asio::use_future);
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "kafka.queue_full");
}

}  // namespace
}  // namespace kassaflow::kafka
