#include "kassaflow/kafka/log_reader.hpp"

#include <set>

#include "handle.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::kafka {

namespace {

using Clock = std::chrono::steady_clock;
constexpr int kPoll_ms = 100;

// Empty: the brokers do not tell.
std::set<std::int32_t> partitions_of(rd_kafka_t* kafka, const LogReadOptions& options) {
  const auto known = describe(kafka, options.topic, static_cast<int>(options.patience.count()));
  std::set<std::int32_t> partitions;
  for (int p = 0; known && p < known->topics[0].partition_cnt; ++p)
    partitions.insert(known->topics[0].partitions[p].id);
  return partitions;
}

void assign(rd_kafka_t* kafka, const LogReadOptions& options, const std::set<std::int32_t>& partitions) {
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) {
    rd_kafka_topic_partition_list_add(list.get(), options.topic.c_str(), partition)->offset =
        options.last > 0 ? RD_KAFKA_OFFSET_TAIL(options.last) : RD_KAFKA_OFFSET_BEGINNING;
  }
  if (const auto error = rd_kafka_assign(kafka, list.get())) throw std::runtime_error(rd_kafka_err2str(error));
}

}  // namespace

bool read_log(const LogReadOptions& options, const std::function<bool(std::vector<std::string> values)>& take) {
  const auto kafka = make_handle(RD_KAFKA_CONSUMER, make_conf(options.connection, {{"client.id", options.client_id},
                                                                                   {"group.id", options.client_id},
                                                                                   {"enable.auto.commit", "false"},
                                                                                   {"auto.offset.reset", "earliest"},
                                                                                   {"enable.partition.eof", "true"},
                                                                                   {"log_level", "3"}}));
  rd_kafka_poll_set_consumer(kafka.get());
  auto left = partitions_of(kafka.get(), options);
  if (left.empty()) return false;
  assign(kafka.get(), options, left);
  std::vector<std::string> values;
  auto until = Clock::now() + options.patience;
  bool complete = true;
  while (complete && !left.empty()) {
    const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(kafka.get(), kPoll_ms));
    if (!message) {
      complete = Clock::now() < until;
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      left.erase(message->partition);
    } else if (message->err) {
      log::warn("kafka.consume_error", {{"error", rd_kafka_err2name(message->err)}});
      continue;
    } else if (message->payload != nullptr) {
      values.emplace_back(static_cast<const char*>(message->payload), message->len);
    }
    if (values.size() >= options.batch_limit) complete = take(std::exchange(values, {}));
    until = Clock::now() + options.patience;
  }
  if (complete && !values.empty()) complete = take(std::move(values));
  rd_kafka_consumer_close(kafka.get());
  return complete;
}

}  // namespace kassaflow::kafka
