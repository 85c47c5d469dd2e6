#include "kassaflow/positions/positions.hpp"

#include <pqxx/pqxx>

#include "kassaflow/postgres/arrays.hpp"

namespace kassaflow::positions {

void store(pqxx::work& work, const std::vector<kafka::Record>& batch) {
  Positions next;
  for (const auto& record : batch) next[{record.topic, record.partition}] = record.offset + 1;
  postgres::TextArray topics;
  postgres::IntArray partitions;
  postgres::IntArray offsets;
  for (const auto& [where, offset] : next) {
    topics.add(where.first);
    partitions.add(where.second);
    offsets.add(offset);
  }
  work.exec_params(
      "insert into offsets as o (topic, partition, next_offset) select * from unnest($1::text[], $2::int[], "
      "$3::bigint[]) on conflict (topic, partition) do update set next_offset = greatest(o.next_offset, "
      "excluded.next_offset)",
      topics.str(), partitions.str(), offsets.str());
}

Positions load(pqxx::work& work) {
  Positions positions;
  for (const auto& row : work.exec("select topic, partition, next_offset from offsets")) {
    positions[{row[0].as<std::string>(), row[1].as<std::int32_t>()}] = row[2].as<std::int64_t>();
  }
  return positions;
}

}  // namespace kassaflow::positions
