#pragma once
// Kafka, as far as the worker can tell: records in partitions, whose positions their readers keep themselves.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "kassaflow/kafka/consumer.hpp"

namespace kassaflow::simulation {

class Log {
 public:
  Log(std::string topic, std::size_t partitions) : topic_(std::move(topic)), partitions_(partitions) {}

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] std::size_t partitions() const { return partitions_.size(); }

  // As Kafka's partitioner: one key, one partition. `timestamp_ms`: the broker's.
  void append(std::string key, std::string value, std::int64_t timestamp_ms) {
    std::size_t hash = 0;
    for (const char c : key) hash = hash * 31 + static_cast<unsigned char>(c);
    auto& partition = partitions_[hash % partitions_.size()];
    kafka::Record record;
    record.topic = topic_;
    record.partition = static_cast<std::int32_t>(hash % partitions_.size());
    record.offset = static_cast<std::int64_t>(partition.size());
    record.timestamp_ms = timestamp_ms;
    record.key = std::move(key);
    record.value = std::move(value);
    partition.push_back(std::move(record));
  }

  // The offset of the next record.
  [[nodiscard]] std::int64_t end(std::size_t partition) const {
    return static_cast<std::int64_t>(partitions_.at(partition).size());
  }

  [[nodiscard]] std::vector<kafka::Record> read(std::size_t partition, std::int64_t from, std::size_t limit) const {
    const auto& records = partitions_.at(partition);
    const auto first = std::min(records.size(), static_cast<std::size_t>(from));
    const auto last = std::min(records.size(), first + limit);
    return {records.begin() + static_cast<std::ptrdiff_t>(first), records.begin() + static_cast<std::ptrdiff_t>(last)};
  }

 private:
  std::string topic_;
  std::vector<std::vector<kafka::Record>> partitions_;
};

}  // namespace kassaflow::simulation
