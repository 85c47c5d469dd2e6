#include "kassaflow/kafka/log_ends.hpp"

#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <thread>

#include "mock_broker.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;

// An executor with one thread, as in the service: what blocks it blocks everything.
class OneThread {
 public:
  ~OneThread() {
    work_.reset();
    thread_.join();
  }
  std::future<std::vector<LogEnd>> ask(LogEnds& log_ends, const ReadPositions& positions = {}) {
    return boost::asio::co_spawn(io_, log_ends.ask(positions), boost::asio::use_future);
  }
  void wait_for_its_turn() {
    std::promise<void> turn;
    boost::asio::post(io_, [&] { turn.set_value(); });
    ASSERT_EQ(turn.get_future().wait_for(10s), std::future_status::ready) << "the executor is blocked";
  }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::thread thread_{[this] { io_.run(); }};
};

// A log whose end is read when a question starts; the question then hangs until it is let go.
class SlowLog {
 public:
  std::vector<LogEnd> operator()() {
    const auto number = static_cast<std::size_t>(questions_++);
    const std::int64_t end = end_;
    started_.at(number).set_value();
    released_.at(number).get_future().wait();
    return {{.topic = "receipts", .partition = 0, .end = end}};
  }
  [[nodiscard]] bool starts(std::size_t number) {
    return started_.at(number).get_future().wait_for(10s) == std::future_status::ready;
  }
  void release(std::size_t number) { released_.at(number).set_value(); }
  void append() { ++end_; }
  [[nodiscard]] int questions() const { return questions_; }

 private:
  std::atomic<std::int64_t> end_{10};
  std::atomic<int> questions_{0};
  std::array<std::promise<void>, 3> started_, released_;
};

TEST(LogEnds, Rule14_WhoComesDuringAQuestionWaitsForTheNext) {
  SlowLog log;
  OneThread executor;
  LogEnds log_ends([&log](const ReadPositions&) { return log(); });
  auto first = executor.ask(log_ends);
  ASSERT_TRUE(log.starts(0));
  log.append();  // after the first question, before the second
  auto second = executor.ask(log_ends);
  executor.wait_for_its_turn();
  log.release(0);
  EXPECT_EQ(first.get().front().end, 10);
  ASSERT_TRUE(log.starts(1)) << "an answer from before the wait was used";
  log.release(1);
  EXPECT_EQ(second.get().front().end, 11);
}

TEST(LogEnds, OneQuestionServesAllWhoWait) {
  SlowLog log;
  OneThread executor;
  LogEnds log_ends([&log](const ReadPositions&) { return log(); });
  [[maybe_unused]] const auto first = executor.ask(log_ends);
  ASSERT_TRUE(log.starts(0));
  std::vector<std::future<std::vector<LogEnd>>> waiting;
  for (int i = 0; i < 50; ++i) waiting.push_back(executor.ask(log_ends));
  executor.wait_for_its_turn();
  log.release(0);
  log.release(1);
  for (auto& one : waiting) EXPECT_EQ(one.get().size(), 1U);
  EXPECT_EQ(log.questions(), 2);
}

TEST(LogEnds, ASlowBrokerDoesNotHoldTheExecutor) {
  SlowLog log;
  OneThread executor;
  LogEnds log_ends([&log](const ReadPositions&) { return log(); });
  auto asked = executor.ask(log_ends);
  ASSERT_TRUE(log.starts(0));
  executor.wait_for_its_turn();
  log.release(0);
  asked.get();
}

ReadPosition at(std::int64_t next_offset, std::int64_t log = 0) {
  ReadPosition position;
  position.log = log;
  position.next_offset = next_offset;
  return position;
}

TEST(Reached, Rule14_OnlyWhenEveryPartitionIsReadUpToItsEnd) {
  const std::vector<LogEnd> ends = {{"receipts", 0, 5}, {"receipts", 1, 0}, {"outcomes", 0, 7}};
  EXPECT_TRUE(reached({{{"receipts", 0}, at(5)}, {{"outcomes", 0}, at(7)}}, ends))
      << "nothing is in an empty partition";
  EXPECT_TRUE(reached({{{"receipts", 0}, at(9)}, {{"receipts", 1}, at(3)}, {{"outcomes", 0}, at(8)}}, ends));
  EXPECT_FALSE(reached({{{"receipts", 0}, at(4)}, {{"outcomes", 0}, at(7)}}, ends));
  EXPECT_FALSE(reached({{{"receipts", 0}, at(5)}}, ends)) << "a partition never read";
  EXPECT_FALSE(reached({}, ends));
  EXPECT_FALSE(reached({{{"receipts", 0}, at(5)}}, {})) << "the ends are not known";
}

TEST(Reached, Rule18_TheEndOfAnotherLogThanTheOneThatWasReadIsNot) {
  std::vector<LogEnd> ends = {{"receipts", 0, 5}};
  ends[0].continuity = Continuity::another;
  EXPECT_FALSE(reached({{{"receipts", 0}, at(9)}}, ends));
  ends[0].continuity = Continuity::same;
  ends[0].log = 1;
  EXPECT_FALSE(reached({{{"receipts", 0}, at(9)}}, ends)) << "that position is of the log before";
  EXPECT_TRUE(reached({{{"receipts", 0}, at(5, 1)}}, ends));
  ends[0] = {"receipts", 0, 0};
  ends[0].continuity = Continuity::another;
  EXPECT_FALSE(reached({{{"receipts", 0}, at(9)}}, ends)) << "made again, and empty";
}

class LogEndsOfABroker : public testing::Test {
 protected:
  LogEnds::Options options() {
    return {{.brokers = broker_.address()}, "log_ends_test", {"receipts", "outcomes"}, 10s};
  }
  void produce(const char* topic, int partition) {
    char why[256];
    auto* conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "bootstrap.servers", broker_.address(), why, sizeof why);
    const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> producer(
        rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why), rd_kafka_destroy);
    rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                      RD_KAFKA_V_VALUE(const_cast<char*>("x"), 1), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                      RD_KAFKA_V_END);
    ASSERT_EQ(rd_kafka_flush(producer.get(), 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  OneThread executor_;
  MockBroker broker_{{{"receipts", 4}, {"outcomes", 2}}};
};

TEST_F(LogEndsOfABroker, EveryPartitionOfEveryTopicIsTold) {
  LogEnds log_ends(options());
  EXPECT_EQ(executor_.ask(log_ends).get().size(), 6U);
  produce("receipts", 3);
  for (const auto& end : executor_.ask(log_ends).get()) {
    EXPECT_EQ(end.end, end.topic == "receipts" && end.partition == 3 ? 1 : 0) << end.topic << end.partition;
  }
}

TEST_F(LogEndsOfABroker, NothingIsToldWhenTheBrokerIsSlowerThanTheLimit) {
  auto short_limit = options();
  short_limit.limit = 100ms;
  rd_kafka_mock_broker_set_rtt(broker_.get(), 1, 2000);
  LogEnds log_ends(short_limit);
  EXPECT_TRUE(executor_.ask(log_ends).get().empty());
}

TEST_F(LogEndsOfABroker, NothingIsToldWhenTheBrokerDoesNotKnowATopic) {
  rd_kafka_mock_topic_set_error(broker_.get(), "outcomes", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  LogEnds log_ends(options());
  EXPECT_TRUE(executor_.ask(log_ends).get().empty());
}

}  // namespace
}  // namespace kassaflow::kafka
