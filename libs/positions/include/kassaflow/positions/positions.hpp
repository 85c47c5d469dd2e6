#pragma once
// Where a service goes on reading: its schema's table `offsets`, written in the transaction of what was made of a batch
// (exactly-once.md 18). Positions only grow (kafka/read_position.hpp `advance`).

#include <pqxx/transaction>

#include "kassaflow/kafka/read_position.hpp"

namespace kassaflow::positions {

void store(pqxx::work& work, const kafka::ReadPositions& positions);
[[nodiscard]] kafka::ReadPositions load(pqxx::work& work);  // partitions never read are absent

}  // namespace kassaflow::positions
