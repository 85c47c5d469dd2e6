#pragma once
// Kafka, as far as the worker can tell: records in partitions, whose positions their readers keep themselves. A topic
// may be deleted and made again; a reader's fetches do not say so.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "kassaflow/kafka/log_ends.hpp"
#include "kassaflow/kafka/read_position.hpp"

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

  // Deleted and made again; what stood from there on is posted to it once more, as the operator has it.
  void make_again(const std::vector<std::int64_t>& from, std::int64_t timestamp_ms) {
    for (std::size_t partition = 0; partition < partitions_.size(); ++partition) {
      auto& records = partitions_[partition];
      records.erase(records.begin(), records.begin() + from.at(partition));
      for (std::size_t offset = 0; offset < records.size(); ++offset) {
        records[offset].offset = static_cast<std::int64_t>(offset);
        records[offset].timestamp_ms = timestamp_ms;
      }
    }
  }

  [[nodiscard]] bool has(const std::string& key) const {
    return std::ranges::any_of(partitions_, [&](const auto& records) {
      return std::ranges::any_of(records, [&](const auto& record) { return record.key == key; });
    });
  }

  // What the reader of such a position finds, as kafka::Consumer: it looks every second or two, and reads the record
  // before its position when a partition is assigned to it.
  [[nodiscard]] kafka::Continuity look(std::size_t partition, const kafka::ReadPosition& position) const {
    const auto& records = partitions_.at(partition);
    kafka::LogBounds bounds{.start = 0, .end = end(partition)};
    const auto newer = std::ranges::upper_bound(records, position.mark_ms, {}, &kafka::Record::timestamp_ms);
    if (position.mark_ms != 0 && newer != records.end()) bounds.newer = newer->offset;
    return kafka::compare(position, bounds);
  }
  [[nodiscard]] kafka::Continuity read_before(std::size_t partition, const kafka::ReadPosition& position) const {
    const auto seen = look(partition, position);
    if (seen != kafka::Continuity::same || position.next_offset == 0 || position.fingerprint.empty()) return seen;
    const auto& before = partitions_.at(partition).at(static_cast<std::size_t>(position.next_offset) - 1);
    return kafka::fingerprint_of(before) == position.fingerprint ? kafka::Continuity::same : kafka::Continuity::another;
  }

  // The offset of the next record.
  [[nodiscard]] std::int64_t end(std::size_t partition) const {
    return static_cast<std::int64_t>(partitions_.at(partition).size());
  }

  // Of each partition, compared with what was read, as kafka::LogEnds.
  void add_ends(std::vector<kafka::LogEnd>& ends, const kafka::ReadPositions& read) const {
    for (std::size_t partition = 0; partition < partitions_.size(); ++partition) {
      const auto number = static_cast<std::int32_t>(partition);
      const auto known = read.find({topic_, number});
      const auto position = known == read.end() ? kafka::ReadPosition() : known->second;
      ends.push_back({topic_, number, end(partition), position.log, look(partition, position)});
    }
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
