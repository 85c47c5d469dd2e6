#include "kassaflow/positions/positions.hpp"

#include <pqxx/pqxx>

#include "kassaflow/postgres/arrays.hpp"

namespace kassaflow::positions {

namespace {

constexpr const char* kEvery =
    // What an older version has moved says nothing of the record before it.
    "select topic, partition, log, next_offset, case when told_offset = next_offset then newest_ms else 0 end as "
    "newest_ms, case when told_offset = next_offset then fingerprint else '' end as fingerprint, mark_offset, mark_ms "
    "from offsets ";

kafka::ReadPositions read(const pqxx::result& rows) {
  kafka::ReadPositions positions;
  for (const auto& row : rows) {
    positions[{row["topic"].as<std::string>(), row["partition"].as<std::int32_t>()}] = {
        row["log"].as<std::int64_t>(),         row["next_offset"].as<std::int64_t>(),
        row["newest_ms"].as<std::int64_t>(),   postgres::from_bytea(row["fingerprint"].as<std::string>()),
        row["mark_offset"].as<std::int64_t>(), row["mark_ms"].as<std::int64_t>()};
  }
  return positions;
}

void write(pqxx::work& work, const kafka::ReadPositions& positions) {
  postgres::TextArray topics, fingerprints;
  postgres::IntArray partitions, logs, offsets, newest, mark_offsets, marks;
  for (const auto& [where, position] : positions) {
    topics.add(where.first);
    partitions.add(where.second);
    logs.add(position.log);
    offsets.add(position.next_offset);
    newest.add(position.newest_ms);
    fingerprints.add_bytes(position.fingerprint);
    mark_offsets.add(position.mark_offset);
    marks.add(position.mark_ms);
  }
  work.exec_params(
      "insert into offsets as o (topic, partition, log, next_offset, newest_ms, fingerprint, mark_offset, mark_ms, "
      "told_offset) select *, next_offset from unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], "
      "$6::bytea[], $7::bigint[], $8::bigint[]) as n(topic, partition, log, next_offset, newest_ms, fingerprint, "
      "mark_offset, mark_ms) order by topic, partition "
      "on conflict (topic, partition) do update set log = excluded.log, next_offset = excluded.next_offset, "
      "newest_ms = excluded.newest_ms, fingerprint = excluded.fingerprint, mark_offset = excluded.mark_offset, "
      "mark_ms = excluded.mark_ms, told_offset = excluded.told_offset "
      "where (o.log, o.next_offset) < (excluded.log, excluded.next_offset)",
      topics.str(), partitions.str(), logs.str(), offsets.str(), newest.str(), fingerprints.str(), mark_offsets.str(),
      marks.str());
}

}  // namespace

void store(pqxx::work& work, const kafka::ReadPositions& positions) {
  postgres::TextArray topics;
  postgres::IntArray partitions;
  for (const auto& [where, position] : positions) {
    topics.add(where.first);
    partitions.add(where.second);
  }
  auto stored = read(work.exec_params(std::string(kEvery) +
                                          "where (topic, partition) in (select * from unnest($1::text[], $2::int[])) "
                                          "order by topic, partition for update",
                                      topics.str(), partitions.str()));
  for (const auto& [where, position] : positions) kafka::advance(stored[where], position);
  write(work, stored);
}

kafka::ReadPositions load(pqxx::work& work) { return read(work.exec(kEvery)); }

}  // namespace kassaflow::positions
