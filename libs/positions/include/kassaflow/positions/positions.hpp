#pragma once
// Where a service goes on reading: its schema's table `offsets (topic, partition, next_offset)`, written in the
// transaction of what was made of a batch (exactly-once.md 18). Positions only grow.

#include <cstdint>
#include <map>
#include <pqxx/transaction>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/kafka/consumer.hpp"

namespace kassaflow::positions {

using Positions = std::map<std::pair<std::string, std::int32_t>, std::int64_t>;  // next offset, by topic and partition

void store(pqxx::work& work, const std::vector<kafka::Record>& batch);
[[nodiscard]] Positions load(pqxx::work& work);  // partitions never read are absent

}  // namespace kassaflow::positions
