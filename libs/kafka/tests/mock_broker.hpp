#pragma once
// librdkafka's mock of a broker: real connections, errors and delays on command.

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <map>
#include <memory>
#include <string>

namespace kassaflow::kafka {

class MockBroker {
 public:
  // Topics and the number of their partitions.
  explicit MockBroker(const std::map<std::string, int>& topics)
      : owner_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0), rd_kafka_destroy),
        cluster_(rd_kafka_mock_cluster_new(owner_.get(), 1), rd_kafka_mock_cluster_destroy) {
    for (const auto& [topic, partitions] : topics)
      rd_kafka_mock_topic_create(cluster_.get(), topic.c_str(), partitions, 1);
  }
  [[nodiscard]] const char* address() const { return rd_kafka_mock_cluster_bootstraps(cluster_.get()); }
  [[nodiscard]] rd_kafka_mock_cluster_t* get() const { return cluster_.get(); }

 private:
  std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> owner_;
  std::unique_ptr<rd_kafka_mock_cluster_t, void (*)(rd_kafka_mock_cluster_t*)> cluster_;
};

}  // namespace kassaflow::kafka
