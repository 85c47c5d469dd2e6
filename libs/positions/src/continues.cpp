#include "kassaflow/positions/continues.hpp"

#include <algorithm>

namespace kassaflow::positions {

bool continues(const Positions& stored, const std::vector<kafka::Record>& batch) {
  Positions first;
  for (const auto& record : batch) first.try_emplace({record.topic, record.partition}, record.offset);
  return std::ranges::all_of(first, [&](const auto& begins) {
    const auto next = stored.find(begins.first);
    return begins.second <= (next == stored.end() ? 0 : next->second);
  });
}

}  // namespace kassaflow::positions
