// What a producer says when there is no broker, or one that is wrong: librdkafka's mock.

#include "kassaflow/kafka/producer.hpp"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "kassaflow/kafka/dead_letters.hpp"
#include "mock_broker.hpp"
#include "on_a_loop.hpp"
#include "src/handle.hpp"

namespace kassaflow::kafka {
namespace {

using namespace std::chrono_literals;

constexpr std::int16_t kProduceRequest = 0;  // the protocol's ApiKey

class ProducerTest : public OnALoop {
 protected:
  static ProducerOptions nowhere(std::chrono::milliseconds message_timeout) {
    return {.connection = {.brokers = "127.0.0.1:1"},
            .client_id = "producer_test",
            .topics = {"kassaflow.receipts"},
            .message_timeout = message_timeout};
  }
};

TEST_F(ProducerTest, WithoutABrokerNothingIsConfirmed) {
  Producer producer(io_.get_executor(), nowhere(300ms));
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kNotPersisted);
  EXPECT_FALSE(producer.healthy());
}

TEST_F(ProducerTest, Rule15_AnswersUnknownAtTheDeadlineWhateverKafkaDoes) {
  Producer producer(io_.get_executor(), nowhere(60s));
  const auto soon = std::chrono::steady_clock::now() + 50ms;
  auto later = boost::asio::co_spawn(io_, producer.send("kassaflow.receipts", "k", "v", {}), boost::asio::use_future);
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}, soon));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kUnknown);
  EXPECT_EQ(later.wait_for(0s), std::future_status::timeout) << "which has no deadline";
}

TEST_F(ProducerTest, RefusesWhatDoesNotFitIntoItsQueue) {
  auto options = nowhere(60s);
  options.queue_limit = 1;
  Producer producer(io_.get_executor(), options);
  boost::asio::co_spawn(io_, producer.send("kassaflow.receipts", "k", "v", {}), boost::asio::detached);
  const auto result = run(producer.send("kassaflow.receipts", "k", "v", {}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, kQueueFull);
}

class ProducerOfAMock : public OnALoop {
 protected:
  ProducerOptions options() {
    return {.connection = {.brokers = broker_.address()},
            .client_id = "producer_test",
            .topics = {"receipts"},
            .message_timeout = 10s};
  }

  Result<Position> send(Producer& producer) { return run(producer.send("receipts", "pool", "record", {})); }
  void fail_next(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(broker_.get(), kProduceRequest, 1, error);
  }

  // The first record of a topic's one partition.
  Owned<rd_kafka_message_t> first_of(const char* topic) {
    reader_ = make_handle(RD_KAFKA_CONSUMER, make_conf({.brokers = broker_.address()}, {{"group.id", "test"}}));
    const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(reader_.get(), list.get());
    constexpr int kLimit_ms = 10'000;
    return Owned<rd_kafka_message_t>(rd_kafka_consumer_poll(reader_.get(), kLimit_ms));
  }
  static std::string header(const rd_kafka_message_t& message, const char* name) {
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
      return "";
    return {static_cast<const char*>(value), size};
  }

  MockBroker broker_{{{"receipts", 1}}};
  Owned<rd_kafka_t> reader_;  // outlives its messages
};

TEST_F(ProducerOfAMock, ARecordTheBrokerRefusedIsCertainlyNotThere) {
  Producer producer(io_.get_executor(), options());
  fail_next(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
  const auto refused = send(producer);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, kNotPersisted);
  EXPECT_TRUE(send(producer));
}

// design.md 5: an idempotent producer that went fatal sends nothing any more; what was in flight is unknown.
TEST_F(ProducerOfAMock, IsReplacedAfterAFatalError) {
  Producer producer(io_.get_executor(), options());
  ASSERT_TRUE(send(producer));
  fail_next(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  const auto in_flight = send(producer);
  ASSERT_FALSE(in_flight);
  EXPECT_EQ(in_flight.error().code, kUnknown);
  const auto next = send(producer);
  EXPECT_TRUE(next) << next.error().message;
}

TEST_F(ProducerOfAMock, Rule18_TellsOfWhatIsSetAsideWithItsBytes) {
  Producer producer(io_.get_executor(), options());
  metrics::Metrics metrics(100);
  DeadLetters dead_letters(producer, metrics, "receipts", {"outcomes", "callbacks"});
  const Record record{.topic = "outcomes",
                      .partition = 3,
                      .offset = 7,
                      .key = "key",
                      .value = std::string("\0bytes", 6),
                      .headers = {{"owner", "acme"}}};
  const auto counted = [&](const std::string& topic, Why why) {
    const auto line =
        "kassaflow_records_set_aside_total{topic=\"" + topic + "\",why=\"" + std::string(to_string(why)) + "\"} ";
    const auto text = metrics.exposition();
    const auto at = text.find(line);
    return at == std::string::npos ? std::string("none") : text.substr(at + line.size(), 1);
  };
  for (const auto why : kWhys) EXPECT_EQ(counted("callbacks", why), "0") << "there from the start";
  dead_letters.tell({{record, Why::foreign, "pool a is of tenant b"}});
  EXPECT_EQ(counted("outcomes", Why::foreign), "1");
  EXPECT_EQ(counted("outcomes", Why::unreadable), "0");
  run([](Producer& from) -> boost::asio::awaitable<bool> {
    co_await from.flush(10s);
    co_return true;
  }(producer));

  const auto found = first_of("receipts");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(std::string(static_cast<const char*>(found->key), found->key_len), "key");
  EXPECT_EQ(std::string(static_cast<const char*>(found->payload), found->len), record.value);
  EXPECT_EQ(header(*found, "origin"), "outcomes");
  EXPECT_EQ(header(*found, "why"), "foreign");
  EXPECT_EQ(header(*found, "owner"), "acme");
}

}  // namespace
}  // namespace kassaflow::kafka
