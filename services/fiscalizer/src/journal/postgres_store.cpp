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
Stage stage_from(const pqxx::field& field) { return word_in(field, kStages); }
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

namespace {
// A commit waits for a standby, and there is one.
constexpr const char* kSynchronous =
    "(current_setting('synchronous_standby_names') <> '' and exists (select 1 from pg_stat_replication where "
    "sync_state in ('sync', 'quorum'))) ";
}  // namespace

Trust PostgresTransaction::trust(bool lock) {
  const auto row = work_.exec1(
      "select l.system, l.timeline, l.run, t.system as system_before, t.timeline as timeline_before, t.run as "
      "run_before, t.stage, t.synchronous, (select last_value from journal_sequence) as head from trust t, life() l" +
      std::string(lock ? " for update of t" : ""));
  Trust trust;
  trust.life = {text(row["system"]), row["timeline"].as<std::int64_t>(), text(row["run"])};
  const Life before{text(row["system_before"]), row["timeline_before"].as<std::int64_t>(), text(row["run_before"])};
  const auto stage = stage_from(row["stage"]);
  if (before == trust.life) {
    trust.stage = stage;
  } else if (!before.system.empty()) {
    trust.before = before;
    trust.stage_before = stage;
  }
  trust.was_synchronous = row["synchronous"].as<bool>();
  trust.head = row["head"].as<std::int64_t>();
  return trust;
}

void PostgresTransaction::write_stage(Stage stage) {
  static const std::string kWrite =
      "update trust t set system = l.system, timeline = l.timeline, run = l.run, stage = $1, synchronous = case when "
      "$1 = 'open' then " +
      std::string(kSynchronous) + "else t.synchronous end from life() l";
  work_.exec_params(kWrite, std::string(to_string(stage)));
}

Durability PostgresTransaction::durability() {
  static const std::string kRead =
      "select current_setting('fsync')::bool as fsync, current_setting('full_page_writes')::bool as full_page_writes, "
      "current_setting('synchronous_standby_names') <> '' as wanted, " +
      std::string(kSynchronous) + "as in_sync";
  const auto row = work_.exec1(kRead);
  return {row["fsync"].as<bool>(), row["full_page_writes"].as<bool>(), row["wanted"].as<bool>(),
          row["in_sync"].as<bool>()};
}

std::map<int, std::int64_t> PostgresTransaction::held_epochs(const WorkerId& worker, const std::set<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::map<int, std::int64_t> held;
  for (const auto& row : work_.exec_params(
           "select shard, epoch from shards where worker = $1 and shard = any($2::int[]) and exists (select 1 from "
           "trust "
           "t, life() l where t.stage = 'open' and t.system = l.system and t.timeline = l.timeline and t.run = l.run) "
           "order by shard for share",
           worker.str(), list.str())) {
    held.emplace(row["shard"].as<int>(), row["epoch"].as<std::int64_t>());
  }
  return held;
}

void PostgresTransaction::store_positions(const kafka::ReadPositions& positions) { positions::store(work_, positions); }

kafka::ReadPositions PostgresTransaction::positions() { return positions::load(work_); }

}  // namespace kassaflow::fiscalizer::journal
