#include "postgres_store.hpp"

#include <algorithm>
#include <stdexcept>

#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "postgres_transaction.hpp"

namespace kassaflow::fiscalizer::journal {

using postgres::IntArray;

boost::asio::awaitable<Result<std::monostate>> PostgresStore::transact(Body body) {
  co_return co_await database_.run([body = std::move(body)](pqxx::work& work) {
    PostgresTransaction tx(work);
    body(tx);
    return std::monostate{};
  });
}

Result<std::monostate> PostgresStore::transact_blocking(const Body& body) {
  return database_.run_blocking([&](pqxx::work& work) {
    PostgresTransaction tx(work);
    body(tx);
  });
}

// --- reading columns ---

namespace {
template <class Values>
auto word_in(const pqxx::field& field, const Values& values) {
  const auto word = field.as<std::string>();
  const auto found = std::ranges::find(values, word, [](auto value) { return to_string(value); });
  if (found == std::end(values)) throw std::runtime_error("the journal holds the unknown word " + word);
  return *found;
}
}  // namespace

std::string states_in(receipts::Phase phase) {
  std::string list;
  for (const auto state : receipts::kStates) {
    if (receipts::phase_of(state) != phase) continue;
    list += (list.empty() ? "'" : ", '") + std::string(receipts::to_string(state)) + "'";
  }
  return list;
}

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
std::string bytes(const pqxx::field& field) {
  return field.is_null() ? std::string() : postgres::from_bytea(field.as<std::string>());
}
Kind kind_from(const pqxx::field& field) { return word_in(field, kKinds); }
Shift shift_from(const pqxx::field& field) { return word_in(field, kShifts); }
Question question_from(const pqxx::field& field) {
  return field.is_null() ? Question::none : word_in(field, kQuestions);
}
receipts::AttemptOutcome outcome_from(const pqxx::field& field) {
  return field.is_null() ? receipts::AttemptOutcome::open
                         : receipts::attempt_outcome_from(field.as<std::string>()).value();
}

// --- what is not about receipts or attempts ---

std::int64_t PostgresTransaction::now_ms() {
  return work_.exec1("select (extract(epoch from now()) * 1000)::bigint")[0].as<std::int64_t>();
}

std::map<int, std::int64_t> PostgresTransaction::held_epochs(const WorkerId& worker, const std::set<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::map<int, std::int64_t> held;
  for (const auto& row : work_.exec_params(
           "select shard, epoch from shards where worker = $1 and shard = any($2::int[]) order by shard for share",
           worker.str(), list.str())) {
    held.emplace(row["shard"].as<int>(), row["epoch"].as<std::int64_t>());
  }
  return held;
}

void PostgresTransaction::store_positions(const kafka::ReadPositions& positions) { positions::store(work_, positions); }

kafka::ReadPositions PostgresTransaction::positions() { return positions::load(work_); }

}  // namespace kassaflow::fiscalizer::journal
