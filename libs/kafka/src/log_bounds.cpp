#include "log_bounds.hpp"

#include <functional>

#include "handle.hpp"

namespace kassaflow::kafka {

namespace {

using Clock = std::chrono::steady_clock;
using Time = std::function<std::int64_t(const ReadPosition&)>;

// The protocol's look-up by time asks for the ends of a log by these times, for all partitions of a broker at once.
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;

// Of each partition the first record that is not older than `time` says; -1: there is none.
std::map<Partition, std::int64_t> look_up(rd_kafka_t* kafka, const ReadPositions& positions, const Time& time,
                                          Clock::time_point until) {
  std::map<Partition, std::int64_t> offsets;
  const Owned<rd_kafka_topic_partition_list_t> list(
      rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [where, position] : positions)
    rd_kafka_topic_partition_list_add(list.get(), where.first.c_str(), where.second)->offset = time(position);
  const auto left_ms = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  if (list->cnt == 0 || left_ms <= 0 ||
      rd_kafka_offsets_for_times(kafka, list.get(), static_cast<int>(left_ms)) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return offsets;
  for (int i = 0; i < list->cnt; ++i) {
    const auto& entry = list->elems[i];
    if (!entry.err) offsets[{entry.topic, entry.partition}] = entry.offset;
  }
  return offsets;
}

}  // namespace

std::map<Partition, LogBounds> ask_bounds(rd_kafka_t* kafka, const ReadPositions& positions,
                                          std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  const auto starts = look_up(kafka, positions, [](const auto&) { return kEarliest; }, until);
  const auto ends = look_up(kafka, positions, [](const auto&) { return kLatest; }, until);
  ReadPositions dated;
  for (const auto& [where, position] : positions) {
    if (position.mark_ms > 0) dated.emplace(where, position);
  }
  const auto newer = look_up(kafka, dated, [](const auto& position) { return position.mark_ms + 1; }, until);
  std::map<Partition, LogBounds> bounds;
  for (const auto& [where, position] : positions) {
    const auto start = starts.find(where);
    const auto end = ends.find(where);
    const auto first_newer = newer.find(where);
    const bool told = start != starts.end() && start->second >= 0 && end != ends.end() && end->second >= 0;
    if (!told || (dated.contains(where) && first_newer == newer.end())) continue;
    bounds[where] = {start->second, end->second, first_newer == newer.end() ? -1 : first_newer->second};
  }
  return bounds;
}

}  // namespace kassaflow::kafka
