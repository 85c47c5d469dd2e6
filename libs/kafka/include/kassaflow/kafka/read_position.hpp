#pragma once
// How far a reader has come in a partition, and how it knows the log again (exactly-once.md 18): a topic that was
// deleted and made again, or truncated, has other records at the same offsets, and Kafka's protocol does not tell a
// librdkafka of version 2.0 so.
//
// Two signs, both stored beside the offset. The fingerprint of the record before it: exact, but that record must be
// read. And a mark, which is a little older than the position: in the same log every record that is newer than all
// before the mark lies behind the mark. Asked with the ends of the log, it costs no reading, and it still tells when
// records of another log were taken for the next ones. A broker's clock that was set back may hide another log from
// the mark, never from the fingerprint.
//
// Pure, thread-safe.

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "kassaflow/kafka/record.hpp"

namespace kassaflow::kafka {

struct ReadPosition {
  std::int64_t log = 0;  // grows each time that not all before the next offset may have been read: another log, or lost
  std::int64_t next_offset = 0;
  std::int64_t newest_ms = 0;    // LogAppendTime of the newest record read of this log; 0: not known
  std::string fingerprint;       // of the record before the next offset; empty: not known
  std::int64_t mark_offset = 0;  // a next offset of about kMarkAge_ms ago
  std::int64_t mark_ms = 0;      // LogAppendTime of the newest record before the mark; 0: no mark
};
using ReadPositions = std::map<Partition, ReadPosition>;

// 32 bytes, of its time, key and value.
[[nodiscard]] std::string fingerprint_of(const Record& record);

// Where reading goes on after `batch`, which is in order per partition.
[[nodiscard]] ReadPositions after(std::span<const Record> batch);

// Positions only grow, by log and then by offset: of two readers that overlap in a rebalance the slower one changes
// nothing. The mark follows once the records are kMarkAge_ms newer: longer than another log goes unnoticed by a reader
// that looks every second or two.
inline constexpr std::int64_t kMarkAge_ms = 60'000;
void advance(ReadPosition& position, const ReadPosition& to);

// What the broker tells of a log.
struct LogBounds {
  std::int64_t start = 0;   // offset of the first record that is still kept
  std::int64_t end = 0;     // of the next one to come
  std::int64_t newer = -1;  // of the first one newer than the position's `mark_ms`; -1: none, or not asked
};

enum class Continuity : std::uint8_t {
  same,     // as far as can be told without reading
  another,  // the position belongs to another log
  trimmed,  // records behind the position are gone
};
[[nodiscard]] Continuity compare(const ReadPosition& position, const LogBounds& bounds);

}  // namespace kassaflow::kafka
