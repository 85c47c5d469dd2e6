#include "kassaflow/positions/continues.hpp"

#include <algorithm>
#include <utility>

namespace kassaflow::positions {

bool continues(const kafka::ReadPositions& stored, std::span<const kafka::Record> batch) {
  using Place = std::pair<std::int64_t, std::int64_t>;  // log and offset
  std::map<kafka::Partition, Place> first;
  for (const auto& record : batch) {
    first.try_emplace({record.topic, record.partition}, Place{record.log, record.offset});
  }
  return std::ranges::all_of(first, [&](const auto& begins) {
    const auto next = stored.find(begins.first);
    return begins.second <= (next == stored.end() ? Place() : Place{next->second.log, next->second.next_offset});
  });
}

}  // namespace kassaflow::positions
