#pragma once
// Whether a batch may be taken in by a store that is perhaps not where its reader thinks (exactly-once.md 17). Pure.

#include <span>

#include "kassaflow/positions/positions.hpp"

namespace kassaflow::positions {

// In each of its partitions the batch begins where the store goes on reading, or before that: nothing lies between.
[[nodiscard]] bool continues(const kafka::ReadPositions& stored, std::span<const kafka::Record> batch);

}  // namespace kassaflow::positions
