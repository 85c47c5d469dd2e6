#pragma once
// A topic of the test's own, at the broker of the running stack.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "src/handle.hpp"

namespace kassaflow::kafka {

class OwnTopic {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  explicit OwnTopic(Connection brokers)
      : brokers_(std::move(brokers)),
        name_("test-" + std::to_string(std::random_device{}())),
        kafka_(make_handle(RD_KAFKA_PRODUCER, make_conf(brokers_, {{"linger.ms", "0"}}))),
        queue_(rd_kafka_queue_new(kafka_.get())) {}
  ~OwnTopic() { remove(); }

  [[nodiscard]] const std::string& name() const { return name_; }

  void make(int partitions = 1, const Settings& settings = {{"message.timestamp.type", "LogAppendTime"}}) {
    char why[512];
    auto* topic = rd_kafka_NewTopic_new(name_.c_str(), partitions, 1, why, sizeof why);
    ASSERT_NE(topic, nullptr) << why;
    for (const auto& [name, value] : settings) rd_kafka_NewTopic_set_config(topic, name.c_str(), value.c_str());
    const auto made = wait(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](auto* options) {
      rd_kafka_CreateTopics(kafka_.get(), &topic, 1, options, queue_.get());
    });
    rd_kafka_NewTopic_destroy(topic);
    std::size_t count = 0;
    const auto* const* results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(made.get()), &count);
    ASSERT_EQ(count, 1U);
    ASSERT_EQ(rd_kafka_topic_result_error(results[0]), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

  void remove() {
    auto* topic = rd_kafka_DeleteTopic_new(name_.c_str());
    wait(RD_KAFKA_ADMIN_OP_DELETETOPICS,
         [&](auto* options) { rd_kafka_DeleteTopics(kafka_.get(), &topic, 1, options, queue_.get()); });
    rd_kafka_DeleteTopic_destroy(topic);
  }

  void make_again(int partitions = 1) {
    remove();
    make(partitions);
  }

  void add_partitions(std::size_t total) {
    char why[512];
    auto* more = rd_kafka_NewPartitions_new(name_.c_str(), total, why, sizeof why);
    ASSERT_NE(more, nullptr) << why;
    wait(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS,
         [&](auto* options) { rd_kafka_CreatePartitions(kafka_.get(), &more, 1, options, queue_.get()); });
    rd_kafka_NewPartitions_destroy(more);
  }

  // What lies before `offset` of partition 0 is no longer kept.
  void trim(std::int64_t offset) {
    const Owned<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), name_.c_str(), 0)->offset = offset;
    auto* before = rd_kafka_DeleteRecords_new(list.get());
    wait(RD_KAFKA_ADMIN_OP_DELETERECORDS,
         [&](auto* options) { rd_kafka_DeleteRecords(kafka_.get(), &before, 1, options, queue_.get()); });
    rd_kafka_DeleteRecords_destroy(before);
  }

  // A producer of its own each time: it knows nothing of the topic's earlier lives.
  void append(const std::vector<std::string>& values, int partition = 0) {
    const auto producer = make_handle(RD_KAFKA_PRODUCER, make_conf(brokers_, {{"linger.ms", "0"}, {"acks", "all"}}));
    for (const auto& value : values) {
      ASSERT_EQ(rd_kafka_producev(producer.get(), RD_KAFKA_V_TOPIC(name_.c_str()), RD_KAFKA_V_PARTITION(partition),
                                  RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                                  RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END),
                RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    ASSERT_EQ(rd_kafka_flush(producer.get(), 30000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }

 private:
  template <class Ask>
  Owned<rd_kafka_event_t> wait(rd_kafka_admin_op_t operation, Ask ask) {
    char why[512];
    const Owned<rd_kafka_AdminOptions_t> options(rd_kafka_AdminOptions_new(kafka_.get(), operation));
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), 30000, why, sizeof why);
    ask(options.get());
    Owned<rd_kafka_event_t> event(rd_kafka_queue_poll(queue_.get(), 60000));
    EXPECT_TRUE(event && rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR)
        << (event ? rd_kafka_event_error_string(event.get()) : "no answer");
    return event;
  }

  Connection brokers_;
  std::string name_;
  Owned<rd_kafka_t> kafka_;
  Owned<rd_kafka_queue_t> queue_;
};

}  // namespace kassaflow::kafka
