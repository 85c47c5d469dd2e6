#include "kassaflow/kafka/read_position.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "kassaflow/base/sha256.hpp"

namespace kassaflow::kafka {

std::string fingerprint_of(const Record& record) {
  const auto hash = sha256(std::to_string(record.timestamp_ms) + ' ' + std::to_string(record.key.size()) + ' ' +
                           record.key + record.value);
  return {hash.begin(), hash.end()};
}

ReadPositions after(std::span<const Record> batch) {
  ReadPositions positions;
  std::map<Partition, const Record*> last;
  for (const auto& record : batch) {
    const Partition where{record.topic, record.partition};
    auto& position = positions[where];
    const auto newest_ms =
        position.log == record.log ? std::max(position.newest_ms, record.timestamp_ms) : record.timestamp_ms;
    position = {record.log, record.offset + 1, newest_ms, {}};
    last[where] = &record;
  }
  for (const auto& [where, record] : last) positions[where].fingerprint = fingerprint_of(*record);
  return positions;
}

void advance(ReadPosition& position, const ReadPosition& to) {
  if (std::tie(to.log, to.next_offset) <= std::tie(position.log, position.next_offset)) return;
  const auto before = std::exchange(position, to);
  if (to.log != before.log) return;
  position.newest_ms = std::max(before.newest_ms, to.newest_ms);
  position.mark_offset = before.mark_offset;
  position.mark_ms = before.mark_ms;
  if (before.mark_ms == 0) {
    position.mark_offset = position.next_offset;
    position.mark_ms = position.newest_ms;
  } else if (position.newest_ms - before.mark_ms >= kMarkAge_ms) {
    position.mark_offset = before.next_offset;
    position.mark_ms = before.newest_ms;
  }
}

Continuity compare(const ReadPosition& position, const LogBounds& bounds) {
  if (bounds.end < position.next_offset) return Continuity::another;
  if (bounds.newer >= 0 && bounds.newer < position.mark_offset) return Continuity::another;
  if (bounds.start > position.next_offset) return Continuity::trimmed;
  return Continuity::same;
}

}  // namespace kassaflow::kafka
