#include "journal_rows.hpp"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
std::string bytes(const pqxx::field& field) {
  return field.is_null() ? std::string() : postgres::from_bytea(field.as<std::string>());
}

std::map<int, std::int64_t> fence(pqxx::work& work, const std::string& worker, const std::set<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::map<int, std::int64_t> held;
  for (const auto& row : work.exec_params(
           "select shard, epoch from shards where worker = $1 and shard = any($2::int[]) order by shard for share",
           worker, list.str())) {
    held.emplace(row[0].as<int>(), row[1].as<std::int64_t>());
  }
  return held;
}

bool fenced(const std::map<int, std::int64_t>& held, int shard, std::int64_t epoch) {
  const auto row = held.find(shard);
  return row != held.end() && row->second == epoch;
}

std::map<std::string, ReceiptRow> lock_receipts(pqxx::work& work, const TextArray& ids) {
  std::map<std::string, ReceiptRow> rows;
  for (const auto& row :
       work.exec_params("select id, state, revision, attempts, error, tenant, extract(epoch from now() - accepted_at), "
                        "generation, hold_reason from receipts where id = any($1::uuid[]) order by id for update",
                        ids.str())) {
    ReceiptRow receipt;
    receipt.state = receipt.before = receipts::state_from(row[1].as<std::string>()).value();
    receipt.revision = row[2].as<std::int64_t>();
    receipt.attempts = row[3].as<std::uint32_t>();
    receipt.error = row[4].as<std::string>();
    receipt.tenant = row[5].as<std::string>();
    receipt.age_s = row[6].as<double>();
    receipt.generation = row[7].as<std::uint32_t>();
    receipt.hold_reason = row[8].as<std::string>();
    rows.emplace(row[0].as<std::string>(), std::move(receipt));
  }
  return rows;
}

void write_receipts(pqxx::work& work, const std::map<std::string, ReceiptRow>& rows) {
  TextArray ids, states, errors, fiscals;
  bool any = false;
  for (const auto& [id, row] : rows) {
    if (!row.changed) continue;
    any = true;
    ids.add(id);
    states.add(receipts::to_string(row.state));
    errors.add(row.error);
    row.fiscal.empty() ? fiscals.add_null() : fiscals.add_bytes(row.fiscal);
  }
  if (!any) return;
  work.exec_params(
      "update receipts r set state = c.state, error = c.error, fiscal = coalesce(c.fiscal, r.fiscal), "
      "finished_at = case when c.state not in ('done', 'failed') then null when r.state = c.state then r.finished_at "
      "else now() end, "
      "revision = r.revision + 1, sequence = nextval('journal_sequence'), changed_at = now() "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) as c(id, state, error, fiscal) where r.id = c.id",
      ids.str(), states.str(), errors.str(), fiscals.str());
}

}  // namespace kassaflow::fiscalizer::sql
