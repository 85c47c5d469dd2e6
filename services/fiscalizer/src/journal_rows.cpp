#include "journal_rows.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>

#include "kassaflow/base/check.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;

namespace {

// The attempts of a group, those whose question they may settle, and those before them that were believed not printed
// although the register's numbering has not yet said so.
constexpr const char* kTouched =
    "select t.id, a.receipt from (select a.id from unnest($1::bigint[]) a(id) union select a.proves from attempts a "
    "where a.id = any($1::bigint[]) and a.proves is not null union select b.id from attempts a cross join lateral "
    "(select "
    "id from attempts b where b.identity = a.identity and b.fn_before = a.fn_before and b.fd_before = a.fd_before and "
    "b.id < a.id and b.receipt is not null and b.outcome = 'not_printed' and b.question is null and b.words <> '' "
    "order by id desc limit 100) b where a.id = any($1::bigint[]) and a.fn_before <> '') t join attempts a on a.id = "
    "t.id";

template <class Value>
Value read(const pqxx::field& field, std::initializer_list<Value> values) {
  const auto word = field.as<std::string>();
  const auto found = std::ranges::find(values, word, [](Value value) { return to_string(value); });
  if (found == values.end()) throw std::runtime_error("the journal holds the unknown word " + word);
  return *found;
}

// With them every attempt without an answer of their receipts.
std::map<std::int64_t, AttemptRow> lock_attempts(pqxx::work& work, const IntArray& ids, const TextArray& receipts) {
  std::map<std::int64_t, AttemptRow> rows;
  for (const auto& row : work.exec_params(
           "select id, receipt, number, kind, identity, register, outcome, question, shard, sends, "
           "coalesce(proves, 0), fn_before, fd_before, words, cause from attempts where id = "
           "any(array(select unnest($1::bigint[]) union all select id from attempts where receipt = "
           "any($2::uuid[]) and (outcome is null or question in ('open', 'asked')))) order by id for update",
           ids.str(), receipts.str())) {
    rows.emplace(row[0].as<std::int64_t>(),
                 AttemptRow{ReceiptId(text(row[1])), row[2].as<std::uint32_t>(), kind_from(row[3]),
                            RegisterIdentity(row[4].as<std::string>()), RegisterId(row[5].as<std::string>()),
                            outcome_from(row[6]), question_from(row[7]), row[8].as<int>(), row[9].as<int>(),
                            row[10].as<std::int64_t>(), row[11].as<std::string>(), row[12].as<std::uint64_t>(),
                            row[13].as<std::string>(), row[14].as<std::string>()});
  }
  return rows;
}

}  // namespace

std::string_view to_string(Question question) {
  switch (question) {
    case Question::none:
      return "";
    case Question::open:
      return "open";
    case Question::asked:
      return "asked";
    case Question::settled:
      return "settled";
  }
  never();
}

std::string states_in(receipts::Phase phase) {
  std::string list;
  for (const auto state : receipts::kStates) {
    if (receipts::phase_of(state) != phase) continue;
    list += (list.empty() ? "'" : ", '") + std::string(receipts::to_string(state)) + "'";
  }
  return list;
}

Kind kind_from(const pqxx::field& field) { return read(field, {Kind::receipt, Kind::open_shift, Kind::close_shift}); }
Shift shift_from(const pqxx::field& field) { return read(field, {Shift::unknown, Shift::open, Shift::closed}); }
receipts::AttemptOutcome outcome_from(const pqxx::field& field) {
  return field.is_null() ? receipts::AttemptOutcome::open
                         : receipts::attempt_outcome_from(field.as<std::string>()).value();
}
Question question_from(const pqxx::field& field) {
  return field.is_null() ? Question::none : read(field, {Question::open, Question::asked, Question::settled});
}

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
std::string bytes(const pqxx::field& field) {
  return field.is_null() ? std::string() : postgres::from_bytea(field.as<std::string>());
}

std::map<int, std::int64_t> held_epochs(pqxx::work& work, const WorkerId& worker, const std::set<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::map<int, std::int64_t> held;
  for (const auto& row : work.exec_params(
           "select shard, epoch from shards where worker = $1 and shard = any($2::int[]) order by shard for share",
           worker.str(), list.str())) {
    held.emplace(row[0].as<int>(), row[1].as<std::int64_t>());
  }
  return held;
}

bool holds(const std::map<int, std::int64_t>& held, const Fence& fence) {
  const auto row = held.find(fence.shard);
  return row != held.end() && row->second == fence.epoch;
}

std::map<ReceiptId, ReceiptRow> lock_receipts(pqxx::work& work, const TextArray& ids) {
  std::map<ReceiptId, ReceiptRow> rows;
  for (const auto& row :
       work.exec_params("select id, state, revision, attempts, error, tenant, extract(epoch from now() - accepted_at), "
                        "generation, hold_reason from receipts where id = any($1::uuid[]) order by id for update",
                        ids.str())) {
    ReceiptRow receipt;
    receipt.state = receipt.before = receipts::state_from(row[1].as<std::string>()).value();
    receipt.revision = row[2].as<std::int64_t>();
    receipt.attempts = row[3].as<std::uint32_t>();
    receipt.error = row[4].as<std::string>();
    receipt.tenant = TenantId(row[5].as<std::string>());
    receipt.age_s = row[6].as<double>();
    receipt.generation = row[7].as<std::uint32_t>();
    receipt.hold_reason = row[8].as<std::string>();
    rows.emplace(ReceiptId(row[0].as<std::string>()), std::move(receipt));
  }
  return rows;
}

void write_receipts(pqxx::work& work, const std::map<ReceiptId, ReceiptRow>& rows) {
  TextArray ids, states, errors, fiscals;
  bool any = false;
  for (const auto& [id, row] : rows) {
    if (!row.changed) continue;
    any = true;
    ids.add(id.str());
    states.add(receipts::to_string(row.state));
    errors.add(row.error);
    row.fiscal.empty() ? fiscals.add_null() : fiscals.add_bytes(row.fiscal);
  }
  if (!any) return;
  static const std::string kUpdate =
      "update receipts r set state = c.state, error = c.error, fiscal = coalesce(c.fiscal, r.fiscal), "
      "finished_at = case when c.state not in (" +
      states_in(receipts::Phase::ended) +
      ") then null when r.state = c.state then r.finished_at else now() end, "
      "revision = r.revision + 1, sequence = nextval('journal_sequence'), changed_at = now() "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) as c(id, state, error, fiscal) where r.id = c.id";
  work.exec_params(kUpdate, ids.str(), states.str(), errors.str(), fiscals.str());
}

Rows lock_rows(pqxx::work& work, const IntArray& attempts) {
  IntArray touched;
  std::set<std::string> receipts;
  for (const auto& row : work.exec_params(kTouched, attempts.str())) {
    touched.add(row[0].as<std::int64_t>());
    if (!row[1].is_null()) receipts.insert(row[1].as<std::string>());
  }
  TextArray receipt_ids;
  for (const auto& receipt : receipts) receipt_ids.add(receipt);
  Rows rows;
  rows.receipts = lock_receipts(work, receipt_ids);
  rows.attempts = lock_attempts(work, touched, receipt_ids);
  return rows;
}

void write_attempts(pqxx::work& work, const std::map<std::int64_t, AttemptChange>& changes) {
  if (changes.empty()) return;
  IntArray ids;
  TextArray outcomes, questions, details, remote_ids, words, causes;
  for (const auto& [id, change] : changes) {
    ids.add(id);
    outcomes.add(change.outcome ? receipts::to_string(*change.outcome) : "");
    questions.add(to_string(change.question));
    details.add(change.detail);
    remote_ids.add(change.remote_id);
    words.add(change.words);
    causes.add(change.cause);
  }
  work.exec_params(
      "update attempts a set outcome = coalesce(nullif(c.outcome, ''), a.outcome), "
      "finished_at = case when c.outcome <> '' then coalesce(a.finished_at, now()) else a.finished_at end, "
      "question = case when c.outcome <> '' then nullif(c.question, '') else a.question end, detail = c.detail, "
      "remote_id = coalesce(nullif(c.remote_id, ''), a.remote_id), words = coalesce(nullif(c.words, ''), a.words), "
      "cause = case when c.words <> '' then c.cause else a.cause end "
      "from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as c(id, "
      "outcome, question, detail, remote_id, words, cause) where a.id = c.id",
      ids.str(), outcomes.str(), questions.str(), details.str(), remote_ids.str(), words.str(), causes.str());
}

void write_registers(pqxx::work& work, const std::map<RegisterIdentity, RegisterChange>& changes) {
  if (changes.empty()) return;
  TextArray identities, fns, shifts;
  IntArray fds, opened;
  for (const auto& [identity, change] : changes) {
    identities.add(identity.str());
    fns.add(change.fn);
    fds.add(change.fd);
    shifts.add(change.shift ? to_string(*change.shift) : "");
    opened.add(change.opened_now ? 1 : 0);
  }
  // A new storage starts counting again; within one, the highest number seen stands.
  work.exec_params(
      "insert into registers as r (identity, fn, highest_fd, shift, shift_opened_at) "
      "select identity, fn, fd, coalesce(nullif(shift, ''), 'unknown'), case when opened <> 0 then now() end "
      "from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[]) as c(identity, fn, fd, shift, opened) "
      "on conflict (identity) do update set "
      "highest_fd = case when excluded.fn = '' then r.highest_fd when r.fn = excluded.fn then greatest(r.highest_fd, "
      "excluded.highest_fd) else excluded.highest_fd end, "
      "fn = coalesce(nullif(excluded.fn, ''), r.fn), "
      "shift = case when excluded.shift = 'unknown' then r.shift else excluded.shift end, "
      "shift_opened_at = case when excluded.shift = 'closed' then null else coalesce(excluded.shift_opened_at, "
      "r.shift_opened_at) end",
      identities.str(), fns.str(), fds.str(), shifts.str(), opened.str());
}

bool others_unanswered(const Rows& rows, std::int64_t id, const AttemptRow& attempt) {
  return std::ranges::any_of(rows.attempts, [&](const auto& row) {
    return row.first != id && row.second.receipt == attempt.receipt && row.second.unanswered();
  });
}

void alarm(std::string_view event, const AttemptRow& attempt, const std::string& detail) {
  log::error(event, {{"receipt", attempt.receipt.str()},
                     {"attempt", attempt.number},
                     {"register", attempt.register_id.str()},
                     {"detail", detail}});
}

}  // namespace kassaflow::fiscalizer::sql
