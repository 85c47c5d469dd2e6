// A consumer whose store does not answer, against librdkafka's mock of a broker.

#include "kassaflow/kafka/consumer.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "kassaflow/kafka/producer.hpp"
#include "mock_broker.hpp"
#include "on_a_loop.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;

constexpr int kPartitions = 4;

// A member of the group, and its store.
class Member {
 public:
  Member(const MockBroker& broker, const std::string& name, bool store_answers) : answers_(store_answers) {
    ConsumerHandler handler;
    handler.positions = [this](const auto& partitions) {
      const std::lock_guard lock(mutex_);
      ++asked_;
      if (!partitions.empty()) {
        ++joined_;
        partitions_ = partitions.size();
      }
      changed_.notify_all();
      if (!answers_) throw std::runtime_error("the store does not answer");
      return stored_;
    };
    handler.move = [this](const ReadPositions& positions) {
      const std::lock_guard lock(mutex_);
      for (const auto& [where, position] : positions) stored_[where] = position;
    };
    handler.on_batch = [this](const std::vector<Record>&) {
      const std::lock_guard lock(mutex_);
      return answers_ && takes_;
    };
    consumer_.emplace(ConsumerOptions{.connection = {.brokers = broker.address()},
                                      .client_id = name,
                                      .group = "group",
                                      .topics = {"receipts"},
                                      .patience = 0ms},
                      std::move(handler));
    consumer_->start();
  }
  ~Member() { consumer_->stop(10s); }

  void until_asked(int times) {
    until([&] { return asked_ >= times; });
  }
  void until_joined(int times) {
    until([&] { return joined_ >= times; });
  }
  [[nodiscard]] int asked() { return read(asked_); }
  [[nodiscard]] int joined() { return read(joined_); }
  [[nodiscard]] std::size_t partitions() { return read(partitions_); }
  void store_answers(bool answers) {
    const std::lock_guard lock(mutex_);
    answers_ = answers;
  }
  void store_takes(bool takes) {
    const std::lock_guard lock(mutex_);
    takes_ = takes;
  }
  // Until it says so, which nobody tells it.
  void until_ready(bool ready) {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (consumer_->not_ready().empty() != ready && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    EXPECT_EQ(consumer_->not_ready().empty(), ready) << consumer_->not_ready();
  }

 private:
  template <class Condition>
  void until(Condition condition) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, 60s, condition));
  }
  template <class T>
  T read(const T& value) {
    const std::lock_guard lock(mutex_);
    return value;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool answers_;
  bool takes_ = true;
  ReadPositions stored_;
  int asked_ = 0;
  int joined_ = 0;  // how often it was given partitions: each time the group was rebalanced
  std::size_t partitions_ = 0;
  std::optional<Consumer> consumer_;
};

class ConsumerTest : public OnALoop {
 protected:
  MockBroker broker_{{{"receipts", kPartitions}}};
};

TEST_F(ConsumerTest, StaysOutOfTheGroupWhileItsStoreDoesNotAnswer) {
  Member working(broker_, "working", true);
  working.until_joined(1);
  Member without(broker_, "without", false);
  without.until_asked(4);
  EXPECT_EQ(without.joined(), 0);
  EXPECT_EQ(working.joined(), 1) << "the group was not disturbed";
  without.store_answers(true);
  without.until_joined(1);
  working.until_joined(2);
}

TEST_F(ConsumerTest, LeavesTheGroupWhenItHasRecordsAndItsStoreStaysAway) {
  Member without(broker_, "without", true);
  without.until_joined(1);
  without.store_answers(false);
  const int asked = without.asked();
  Producer producer(io_.get_executor(),
                    {.connection = {.brokers = broker_.address()}, .client_id = "producer", .topics = {"receipts"}});
  ASSERT_TRUE(run(producer.send("receipts", "key", "value", {})));
  without.until_asked(asked + 3);
  Member working(broker_, "working", true);
  working.until_joined(1);
  EXPECT_EQ(working.partitions(), std::size_t{kPartitions}) << "it has all of them";
  EXPECT_EQ(without.joined(), 1) << "it did not come back";
}

TEST_F(ConsumerTest, Rule18_IsNotReadyWhileItsStoreAnswersAndTakesNothing) {
  Member standing(broker_, "standing", true);
  standing.until_joined(1);
  standing.until_ready(true);
  standing.store_takes(false);
  Producer producer(io_.get_executor(),
                    {.connection = {.brokers = broker_.address()}, .client_id = "producer", .topics = {"receipts"}});
  ASSERT_TRUE(run(producer.send("receipts", "key", "value", {})));
  standing.until_ready(false);
  EXPECT_EQ(standing.joined(), 1) << "it keeps its partitions";
  standing.store_takes(true);
  standing.until_ready(true);
}

TEST_F(ConsumerTest, IsReadyAgainWhenItsBrokerIsBackAlsoWithoutARecord) {
  Member quiet(broker_, "quiet", true);
  quiet.until_joined(1);
  quiet.until_ready(true);
  rd_kafka_mock_broker_set_down(broker_.get(), 1);
  quiet.until_ready(false);
  rd_kafka_mock_broker_set_up(broker_.get(), 1);
  quiet.until_ready(true);
  EXPECT_EQ(quiet.joined(), 1) << "the group did not tell it";
}

}  // namespace
}  // namespace kassaflow::kafka
