#pragma once
// Are the topics as the gateway needs them (exactly-once.md 18)? What may lose or hide records is a fault: an alarm,
// and a service that starts does not become ready. What is a matter of the installation is a warning in the log.
//
// A service that was ready stays so: to take every replica away would be worse than the fault. Brokers that do not
// answer are asked again; those that refuse the question (ACL: DescribeConfigs) leave it unchecked, with a warning.
//
// Life cycle: one thread and one connection of its own; asks at start, then every 30 s. Thread-safe.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::kafka {

struct TopicNeeds {
  std::string topic;
  std::chrono::hours kept_for{0};  // records stay readable for so long at least
};

// As the brokers tell.
struct TopicState {
  int replicas = 0;                             // of the partition that has the fewest; 0: not told
  std::map<std::string, std::string> settings;  // by Kafka's names; an absent one is not compared
  int under_replicated = 0;                     // partitions with a replica that is not in sync
};

struct TopicFindings {
  std::vector<std::string> faults;  // each names topic, setting, value found and wanted, and the way out
  std::vector<std::string> warnings;
  auto operator<=>(const TopicFindings&) const = default;
};

// Pure.
[[nodiscard]] TopicFindings compare(const TopicNeeds& needs, const TopicState& state);

class TopicCheck {
 public:
  TopicCheck(Connection connection, std::string client_id, std::vector<TopicNeeds> needs);
  ~TopicCheck();  // ends the question under way, at most 4 s later

  // Why a service that starts may not be ready yet; empty from the first time on that there was no fault.
  [[nodiscard]] std::string not_ready() const;
  // kassaflow_kafka_topic_faults: of each topic; kassaflow_kafka_under_replicated_partitions: of each that was told of.
  void show(metrics::Metrics& metrics) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::kafka
