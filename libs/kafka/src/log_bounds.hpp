#pragma once
// Where logs begin and end, asked from the brokers that lead them.

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <map>

#include "kassaflow/kafka/read_position.hpp"

namespace kassaflow::kafka {

// Of each partition of `positions`; those that are not told within `limit` are absent. Blocks.
[[nodiscard]] std::map<Partition, LogBounds> ask_bounds(rd_kafka_t* kafka, const ReadPositions& positions,
                                                        std::chrono::milliseconds limit);

}  // namespace kassaflow::kafka
