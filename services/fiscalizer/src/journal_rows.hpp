#pragma once
// Rows of the journal while a transaction holds them.

#include <cstdint>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>

#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/machine.hpp"

namespace kassaflow::fiscalizer::sql {

[[nodiscard]] std::string text(const pqxx::field& field);   // empty for null
[[nodiscard]] std::string bytes(const pqxx::field& field);  // of a bytea, empty for null

// The shards this worker holds, and under which epoch. The shared lock keeps a take-over out until we have committed.
[[nodiscard]] std::map<int, std::int64_t> fence(pqxx::work& work, const std::string& worker,
                                                const std::set<int>& shards);
[[nodiscard]] bool fenced(const std::map<int, std::int64_t>& held, int shard, std::int64_t epoch);

struct ReceiptRow {
  receipts::State state = receipts::State::queued;
  receipts::State before = receipts::State::queued;
  std::int64_t revision = 0;
  std::uint32_t attempts = 0;
  std::uint32_t generation = 0;
  std::string hold_reason;  // a person wants it held
  std::string tenant;
  double age_s = 0;  // since its first post was accepted
  std::string error;
  std::string fiscal;  // set by a decision
  bool changed = false;
};
[[nodiscard]] std::map<std::string, ReceiptRow> lock_receipts(pqxx::work& work, const postgres::TextArray& ids);
// Writes the changed ones; each gets a new revision.
void write_receipts(pqxx::work& work, const std::map<std::string, ReceiptRow>& rows);

}  // namespace kassaflow::fiscalizer::sql
