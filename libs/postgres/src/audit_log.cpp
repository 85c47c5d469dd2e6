#include "kassaflow/postgres/audit_log.hpp"

#include <algorithm>

#include "kassaflow/postgres/arrays.hpp"

namespace kassaflow::postgres {
namespace {

pqxx::binarystring binary(const Sha256& hash) { return {hash.data(), hash.size()}; }

Sha256 hash_in(const pqxx::field& field) {
  const pqxx::binarystring raw(field);
  Sha256 hash{};  // what has another length was changed, and is no row's hash
  std::copy_n(raw.get(), std::min(raw.size(), hash.size()), hash.begin());
  return hash;
}

}  // namespace

void append_audit(pqxx::work& work, const audit::Who& who, const std::vector<Audited>& done) {
  if (done.empty()) return;
  const auto end = work.exec1(
      "select number, hash, (extract(epoch from clock_timestamp()) * 1000000)::bigint as now_us from audit_head for "
      "update");
  audit::Row row{end["number"].as<std::int64_t>(), end["now_us"].as<std::int64_t>(), who, {}, {}, hash_in(end["hash"])};
  IntArray numbers;
  TextArray actions, subjects, hashes;
  for (const auto& [action, subject] : done) {
    ++row.number;
    row.action = action;
    row.subject = subject;
    row.hash = audit::hash_of(row.hash, row);
    numbers.add(row.number);
    actions.add(action);
    subjects.add(subject);
    hashes.add_bytes({reinterpret_cast<const char*>(row.hash.data()), row.hash.size()});
  }
  work.exec_params(
      "insert into audit_log (number, at_us, name, came_from, reason, action, subject, hash) "
      "select n.number, $1, $2, $3, $4, n.action, n.subject, n.hash "
      "from unnest($5::bigint[], $6::text[], $7::text[], $8::bytea[]) as n(number, action, subject, hash)",
      row.at_us, who.name, who.came_from, who.reason, numbers.str(), actions.str(), subjects.str(), hashes.str());
  work.exec_params("update audit_head set number = $1, hash = $2", row.number, binary(row.hash));
}

void append_audit(pqxx::work& work, const audit::Who& who, const std::string& action, const std::string& subject) {
  append_audit(work, who, {Audited{action, subject}});
}

audit::Part audit_after(pqxx::work& work, std::int64_t number, int limit) {
  audit::Part part;
  for (const pqxx::row& row : work.exec_params(
           "select h.number as end_number, h.hash as end_hash, l.number, l.at_us, l.name, l.came_from, l.reason, "
           "l.action, l.subject, l.hash from audit_head h left join lateral "
           "(select * from audit_log where number > $1 order by number limit $2) l on true order by l.number",
           number, limit)) {
    part.head = {row["end_number"].as<std::int64_t>(), hash_in(row["end_hash"])};
    if (row["number"].is_null()) break;  // nothing behind that number
    part.rows.push_back(
        {row["number"].as<std::int64_t>(),
         row["at_us"].as<std::int64_t>(),
         {row["name"].as<std::string>(), row["came_from"].as<std::string>(), row["reason"].as<std::string>()},
         row["action"].as<std::string>(),
         row["subject"].as<std::string>(),
         hash_in(row["hash"])});
  }
  return part;
}

}  // namespace kassaflow::postgres
