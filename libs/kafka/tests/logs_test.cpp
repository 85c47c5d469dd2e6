// Topics that are deleted and made again, trimmed and given partitions, at a real broker.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/topic_check.hpp"
#include "on_a_loop.hpp"
#include "own_topic.hpp"
#include "stack_brokers.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What a service stores, in memory.
struct Stored {
  std::mutex mutex;
  std::condition_variable changed;
  ReadPositions positions;
  std::vector<std::string> values;

  template <class Condition>
  void until(Condition condition) {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(changed.wait_for(lock, 60s, condition)) << testing::PrintToString(values);
  }
  void until_read(const std::vector<std::string>& wanted) {
    until([&] { return std::ranges::all_of(wanted, [&](const auto& one) { return times(one) > 0; }); });
  }
  [[nodiscard]] std::ptrdiff_t times(const std::string& value) const { return std::ranges::count(values, value); }
  std::vector<std::string> read() {
    const std::lock_guard lock(mutex);
    return values;
  }
  ReadPositions stored() {
    const std::lock_guard lock(mutex);
    return positions;
  }
  void keep(const ReadPositions& to) {
    for (const auto& [where, position] : to) {
      advance(positions[where], position);
    }
    changed.notify_all();
  }
};

class Reader {
 public:
  Reader(Stored& stored, const std::string& topic) : stored_(stored), topic_(topic) {
    ConsumerHandler handler;
    handler.positions = [this](const auto&) { return stored_.stored(); };
    handler.move = [this](const ReadPositions& to) {
      const std::lock_guard lock(stored_.mutex);
      stored_.keep(to);
    };
    handler.on_batch = [this](const std::vector<Record>& batch) {
      const std::lock_guard lock(stored_.mutex);
      for (const auto& record : batch) stored_.values.push_back(record.value);
      stored_.keep(after(batch));
      return true;
    };
    consumer_.emplace(
        ConsumerOptions{
            .connection = stack_brokers(), .client_id = "logs_test", .group = "of-" + topic, .topics = {topic}},
        std::move(handler));
    consumer_->start();
  }
  ~Reader() { consumer_->stop(10s); }

  int alarms(const std::string& name) {
    consumer_->show(metrics_);
    const auto line = "kassaflow_kafka_alarms_total{alarm=\"" + name + "\",topic=\"" + topic_ + "\"} ";
    const auto text = metrics_.exposition();
    const auto at = text.find(line);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + line.size()));
  }
  void until_alarmed(const std::string& name) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (alarms(name) < 1) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "no alarm " << name;
      std::this_thread::yield();
    }
  }

 private:
  Stored& stored_;
  std::string topic_;
  metrics::Metrics metrics_{100};
  std::optional<Consumer> consumer_;
};

class LogsTest : public OnALoop {
 protected:
  // As a service leaves it that has read `values`.
  void read_all(const std::vector<std::string>& values) {
    topic_.append(values);
    Reader reader(stored_, topic_.name());
    stored_.until_read(values);
  }
  [[nodiscard]] ReadPosition position() { return stored_.stored().at({topic_.name(), 0}); }
  [[nodiscard]] LogEnd end() {
    LogEnds log_ends(
        {.connection = stack_brokers(), .client_id = "logs_test", .topics = {topic_.name()}, .limit = 10s});
    std::vector<LogEnd> ends;
    while (ends.empty()) ends = run(log_ends.ask(stored_.stored()));  // one just made has no leader yet
    return ends.front();
  }

  OwnTopic topic_{stack_brokers()};
  Stored stored_;
};

TEST_F(LogsTest, Rule18_TheSameLogIsReadOnWithoutAnAlarm) {
  topic_.make();
  read_all({"one", "two"});
  topic_.append({"three"});
  EXPECT_EQ(end().continuity, Continuity::same);
  Reader reader(stored_, topic_.name());
  stored_.until_read({"three"});
  EXPECT_THAT(stored_.read(), ElementsAre("one", "two", "three"));
  EXPECT_EQ(reader.alarms("kafka_log_replaced"), 0);
  EXPECT_EQ(reader.alarms("kafka_records_lost"), 0);
}

TEST_F(LogsTest, Rule18_AnotherLogThatHasGrownPastThePositionIsReadFromItsBeginning) {
  topic_.make();
  read_all({"one", "two"});
  topic_.make_again();
  topic_.append({"new one", "new two", "new three"});
  EXPECT_EQ(end().continuity, Continuity::another) << "the view must not call itself caught up";
  Reader reader(stored_, topic_.name());
  stored_.until_read({"new one", "new two", "new three"});
  EXPECT_EQ(reader.alarms("kafka_log_replaced"), 1);
  EXPECT_EQ(position().log, 1);
  EXPECT_EQ(end().continuity, Continuity::same);
  EXPECT_EQ(end().log, 1);
}

TEST_F(LogsTest, Rule18_TheRecordBeforeThePositionIsCompared) {
  topic_.make();
  read_all({"one", "two"});
  {
    // As if the clock of the broker had been set back since: only the record itself tells.
    const std::lock_guard lock(stored_.mutex);
    stored_.positions.at({topic_.name(), 0}).mark_ms = 0;
  }
  topic_.make_again();
  topic_.append({"new one", "new two", "new three"});
  Reader reader(stored_, topic_.name());
  stored_.until_read({"new one", "new two", "new three"});
  EXPECT_EQ(reader.alarms("kafka_log_replaced"), 1);
}

TEST_F(LogsTest, Rule18_AShorterLogIsNoticedBeforeItHasARecord) {
  topic_.make();
  read_all({"one", "two"});
  topic_.make_again();
  EXPECT_EQ(end().continuity, Continuity::another);
  Reader reader(stored_, topic_.name());
  reader.until_alarmed("kafka_log_replaced");
  topic_.append({"new one"});
  stored_.until_read({"new one"});
}

TEST_F(LogsTest, Rule18_ATopicMadeAgainUnderARunningReaderIsNoticedAndReadWhole) {
  topic_.make();
  topic_.append({"one", "two"});
  Reader reader(stored_, topic_.name());
  stored_.until_read({"one", "two"});
  topic_.make_again();
  topic_.append({"new one", "new two", "new three", "new four"});
  // Whatever was taken for the next records meanwhile, nobody calls himself caught up with it.
  while (stored_.stored().at({topic_.name(), 0}).log == 0) {
    ASSERT_TRUE(end().continuity == Continuity::another || position().log > 0);
  }
  stored_.until_read({"new one", "new two", "new three", "new four"});
  EXPECT_GE(reader.alarms("kafka_log_replaced"), 1);
  EXPECT_THAT(stored_.read(), AllOf(Contains("one").Times(1), Contains("two").Times(1))) << "of the old log";
}

TEST_F(LogsTest, Rule18_ATopicMadeAgainAndEmptyIsAlarmedUnderARunningReader) {
  topic_.make();
  topic_.append({"one", "two"});
  Reader reader(stored_, topic_.name());
  stored_.until_read({"one", "two"});
  topic_.make_again();
  reader.until_alarmed("kafka_log_replaced");
}

TEST_F(LogsTest, Rule18_RecordsTrimmedUnreadAreAlarmedAndTheRestIsRead) {
  topic_.make();
  read_all({"one", "two"});
  topic_.append({"three", "four", "five"});
  topic_.trim(4);
  Reader reader(stored_, topic_.name());
  stored_.until_read({"five"});
  EXPECT_EQ(reader.alarms("kafka_records_lost"), 1);
  EXPECT_EQ(reader.alarms("kafka_log_replaced"), 0);
  EXPECT_THAT(stored_.read(), ElementsAre("one", "two", "five"));
  EXPECT_EQ(position().log, 1) << "whoever relies on all records learns that some are missing";
}

TEST_F(LogsTest, Rule18_ATrimmedLogOfWhichAllWasReadIsTheSame) {
  topic_.make();
  read_all({"one", "two"});
  topic_.trim(2);
  topic_.append({"three"});
  Reader reader(stored_, topic_.name());
  stored_.until_read({"three"});
  EXPECT_EQ(reader.alarms("kafka_records_lost"), 0);
  EXPECT_EQ(reader.alarms("kafka_log_replaced"), 0);
  EXPECT_EQ(position().log, 0);
}

TEST_F(LogsTest, I8_AChangedNumberOfPartitionsIsAnAlarm) {
  topic_.make(2);
  read_all({"one"});
  EXPECT_EQ(stored_.stored().size(), 2U) << "also of the empty one";
  topic_.add_partitions(4);
  {
    Reader reader(stored_, topic_.name());
    reader.until_alarmed("kafka_partitions");
    topic_.append({"in a new one"}, 3);
    stored_.until_read({"in a new one"});
    EXPECT_EQ(stored_.stored().size(), 4U);
    EXPECT_EQ(reader.alarms("kafka_log_replaced"), 0);
  }
  Reader again(stored_, topic_.name());
  topic_.append({"two"});
  stored_.until_read({"two"});
  EXPECT_EQ(again.alarms("kafka_partitions"), 0) << "it is told once";
}

TEST_F(LogsTest, I8_FewerPartitionsAreAnAlarmToo) {
  topic_.make(3);
  read_all({"one"});
  topic_.append({"in the last"}, 2);
  {
    Reader reader(stored_, topic_.name());
    stored_.until_read({"in the last"});
  }
  topic_.make_again(1);
  topic_.append({"new one", "new two"});
  {
    Reader reader(stored_, topic_.name());
    stored_.until_read({"new one", "new two"});
    EXPECT_EQ(reader.alarms("kafka_partitions"), 1);
  }
  EXPECT_EQ(stored_.stored().at({topic_.name(), 2}).next_offset, 0) << "its log is gone";
  EXPECT_EQ(stored_.stored().at({topic_.name(), 2}).log, 1);
  Reader again(stored_, topic_.name());
  topic_.append({"new three"});
  stored_.until_read({"new three"});
  EXPECT_EQ(again.alarms("kafka_partitions"), 0) << "it is told once";
}

TEST_F(LogsTest, Rule18_AServiceIsNotReadyWhileATopicsSettingsAreWrong) {
  topic_.make(1, {{"message.timestamp.type", "CreateTime"}});
  TopicCheck check(stack_brokers(), "logs_test", {{topic_.name()}});
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!testing::Value(check.not_ready(), HasSubstr("message.timestamp.type is CreateTime"))) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << check.not_ready();
    std::this_thread::yield();
  }
  metrics::Metrics metrics(100);
  check.show(metrics);
  EXPECT_THAT(metrics.exposition(), HasSubstr("kassaflow_kafka_topic_faults{topic=\"" + topic_.name() + "\"} 1"));
}

TEST_F(LogsTest, Rule18_AServiceIsReadyOnceItsTopicsAreAsTheyShouldBe) {
  TopicCheck check(stack_brokers(), "logs_test", {{topic_.name()}});
  EXPECT_FALSE(check.not_ready().empty()) << "the topic is not there";
  topic_.make();
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!check.not_ready().empty()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << check.not_ready();
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace kassaflow::kafka
