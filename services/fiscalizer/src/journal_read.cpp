#include "journal_rows.hpp"
#include "journal_sql.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;

namespace {

constexpr int kNewsLimit = 100;   // of a kind, at once
constexpr int kAskedLimit = 200;  // uncertain attempts a register is asked about, the latest

constexpr const char* kAttemptColumns =
    "select a.id, a.kind, a.receipt, a.key, a.request, a.remote_id, a.sends, r.content, extract(epoch from now() - "
    "a.started_at)::bigint, a.fd_before from "
    "attempts a left join receipts r on r.id = a.receipt ";

Attempt attempt_from(const pqxx::row& row) {
  Attempt attempt;
  attempt.id = row[0].as<std::int64_t>();
  attempt.kind = kind_from(row[1]);
  attempt.receipt = ReceiptId(text(row[2]));
  attempt.key = row[3].as<std::string>();
  attempt.request = bytes(row[4]);
  attempt.remote_id = row[5].as<std::string>();
  attempt.sends = row[6].as<int>();
  attempt.content = bytes(row[7]);
  attempt.age_s = row[8].as<std::int64_t>();
  attempt.fd_before = row[9].as<std::uint64_t>();
  return attempt;
}

Journal::Undecided undecided_from(const pqxx::row& row) {
  Journal::Undecided undecided;
  auto& heard = undecided.heard;
  heard.stored = row[0].as<std::int64_t>();
  heard.attempt = row[1].as<std::int64_t>();
  heard.fence.shard = row[2].as<int>();
  heard.send = row[3].as<int>();
  heard.final = row[4].as<bool>();
  heard.provable = row[5].as<bool>();
  heard.finding.fact = registers::fact_from(row[6].as<std::string>());
  heard.finding.cause = registers::cause_from(row[7].as<std::string>());
  heard.finding.code = row[8].as<std::string>();
  heard.finding.text = row[9].as<std::string>();
  v1::FiscalDocument document;
  if (!row[10].is_null() && document.ParseFromString(bytes(row[10]))) {
    heard.finding.document = records::from_record(document);
  }
  heard.finding.remote_id = row[11].as<std::string>();
  heard.finding.raw_answer = bytes(row[12]);
  undecided.register_id = RegisterId(row[13].as<std::string>());
  undecided.kind = kind_from(row[14]);
  return undecided;
}

}  // namespace

RegisterMemory remember(pqxx::work& work, const RegisterIdentity& identity, bool askable) {
  RegisterMemory memory;
  for (const auto& row : work.exec_params("select fn, highest_fd, shift, coalesce(extract(epoch from "
                                          "shift_opened_at)::bigint, 0) from registers where identity = $1",
                                          identity.str())) {
    memory.fn = row[0].as<std::string>();
    memory.highest_fd = row[1].as<std::uint64_t>();
    memory.shift = shift_from(row[2]);
    memory.shift_opened_at_s = row[3].as<std::int64_t>();
  }
  for (const auto& row :
       work.exec_params(std::string(kAttemptColumns) + "where a.identity = $1 and a.outcome is null", identity.str())) {
    memory.open = attempt_from(row);
  }
  for (const auto& row : work.exec_params(
           "select id from attempts where identity = $1 and question = 'open' order by id", identity.str())) {
    memory.questions.push_back(row[0].as<std::int64_t>());
  }
  if (!askable) return memory;
  for (const auto& row : work.exec_params(
           std::string(kAttemptColumns) + "where a.identity = $1 and a.question = 'asked' order by a.id desc limit $2",
           identity.str(), kAskedLimit)) {
    memory.asked.push_back(attempt_from(row));
  }
  return memory;
}

std::vector<Queued> queue(pqxx::work& work, const std::vector<PoolId>& pools, int per_pool) {
  TextArray list;
  for (const auto& pool : pools) list.add(pool.str());
  std::vector<Queued> result;
  for (const auto& row : work.exec_params("select q.id, q.pool, q.revision, q.generation, q.attempts, q.content from "
                                          "unnest($1::text[]) as p(pool) cross join lateral ("
                                          "select * from receipts r where r.pool = p.pool and r.state = 'queued' and "
                                          "(r.not_before is null or r.not_before <= now()) "
                                          "order by r.position limit $2) q order by q.pool, q.position",
                                          list.str(), per_pool)) {
    result.push_back({ReceiptId(row[0].as<std::string>()), PoolId(row[1].as<std::string>()), row[2].as<std::int64_t>(),
                      row[3].as<std::uint32_t>(), row[4].as<std::uint32_t>(), bytes(row[5])});
  }
  return result;
}

Journal::News news(pqxx::work& work, const std::vector<int>& shards, const std::vector<std::int64_t>& unanswered) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  Journal::News result;
  // The few first, then their attempts: never the other way round, however large the tables are.
  for (const auto& row : work.exec_params(
           "with e as materialized (select * from evidence where not decided and shard = any($1::int[]) order by id "
           "limit $2) select e.id, e.attempt, e.shard, e.send, e.final, e.provable, e.fact, e.cause, e.code, e.detail, "
           "e.document, e.remote_id, e.raw, a.register, a.kind from e join attempts a on a.id = e.attempt order by "
           "e.id",
           list.str(), kNewsLimit)) {
    result.undecided.push_back(undecided_from(row));
  }
  for (const auto& row : work.exec_params("select id, register, body from callbacks where not handled and shard = "
                                          "any($1::int[]) order by id limit $2",
                                          list.str(), kNewsLimit)) {
    result.callbacks.push_back({row[0].as<std::int64_t>(), RegisterId(row[1].as<std::string>()), bytes(row[2])});
  }
  if (unanswered.empty()) return result;
  IntArray ids;
  for (const auto attempt : unanswered) ids.add(attempt);
  for (const auto& row :
       work.exec_params("select id from attempts where id = any($1::bigint[]) and outcome is not null and "
                        "coalesce(question, '') not in ('open', 'asked')",
                        ids.str())) {
    result.answered.push_back(row[0].as<std::int64_t>());
  }
  return result;
}

std::vector<Attempt> named(pqxx::work& work, const RegisterIdentity& identity, const registers::CallbackNames& names) {
  std::vector<Attempt> result;
  for (const auto& row : work.exec_params(
           std::string(kAttemptColumns) +
               "where a.identity = $1 and (($2 <> '' and a.key = $2) or ($3 <> '' and a.remote_id = $3)) order by a.id",
           identity.str(), names.key, names.remote_id)) {
    result.push_back(attempt_from(row));
  }
  return result;
}

}  // namespace kassaflow::fiscalizer::sql
