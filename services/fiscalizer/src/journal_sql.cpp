#include "journal_sql.hpp"

#include <algorithm>
#include <set>

#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/proof.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/runtime/log.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::sql {

using postgres::from_bytea;
using postgres::IntArray;
using postgres::TextArray;

using receipts::Evidence;
using receipts::State;
using registers::Cause;
using registers::Fact;
using runtime::Level;
using runtime::log;

namespace {

std::string text(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }
std::string bytes(const pqxx::field& field) {
  return field.is_null() ? std::string() : from_bytea(field.as<std::string>());
}

// The shards this worker holds, and under which epoch. The shared lock keeps a take-over out until we have committed.
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

struct ReceiptRow {
  State state = State::queued;
  std::int64_t revision = 0;
  std::uint32_t attempts = 0;
  bool changed = false;
  std::string error;
  std::string fiscal;  // set by a decision
};

std::map<std::string, ReceiptRow> lock_receipts(pqxx::work& work, const TextArray& ids) {
  std::map<std::string, ReceiptRow> rows;
  for (const auto& row : work.exec_params("select id, state, revision, attempts, error from receipts where id = "
                                          "any($1::uuid[]) order by id for update",
                                          ids.str())) {
    ReceiptRow receipt;
    receipt.state = receipts::state_from(row[1].as<std::string>()).value();
    receipt.revision = row[2].as<std::int64_t>();
    receipt.attempts = row[3].as<std::uint32_t>();
    receipt.error = row[4].as<std::string>();
    rows.emplace(row[0].as<std::string>(), std::move(receipt));
  }
  return rows;
}

void write_receipts(pqxx::work& work, const std::map<std::string, ReceiptRow>& rows) {
  TextArray ids;
  TextArray states;
  TextArray errors;
  TextArray fiscals;
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
      "update receipts r set state = c.state, error = c.error, fiscal = coalesce(c.fiscal, r.fiscal), revision = "
      "r.revision + 1, "
      "sequence = nextval('journal_sequence'), changed_at = now() "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::bytea[]) as c(id, state, error, fiscal) where r.id = c.id",
      ids.str(), states.str(), errors.str(), fiscals.str());
}

struct AttemptRow {
  std::string receipt;
  std::uint32_t number = 0;
  std::string kind;
  std::string identity;
  std::string register_id;
  std::string outcome;
  std::int64_t proves = 0;
};

std::map<std::int64_t, AttemptRow> lock_attempts(pqxx::work& work, const IntArray& ids) {
  std::map<std::int64_t, AttemptRow> rows;
  for (const auto& row : work.exec_params(
           "select id, receipt, number, kind, identity, register, outcome, coalesce(proves, 0) from attempts "
           "where id = any($1::bigint[]) order by id for update",
           ids.str())) {
    rows.emplace(
        row[0].as<std::int64_t>(),
        AttemptRow{text(row[1]), row[2].as<std::uint32_t>(), row[3].as<std::string>(), row[4].as<std::string>(),
                   row[5].as<std::string>(), text(row[6]), row[7].as<std::int64_t>()});
  }
  return rows;
}

std::string_view word(Fact fact) {
  switch (fact) {
    case Fact::printed:
      return "printed";
    case Fact::not_printed:
      return "not_printed";
    case Fact::pending:
      return "pending";
    case Fact::absent:
      return "absent";
    case Fact::unknown:
      return "unknown";
  }
  __builtin_unreachable();
}

std::string_view word(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "none";
    case Cause::data:
      return "data";
    case Cause::register_fault:
      return "register_fault";
    case Cause::transient:
      return "transient";
    case Cause::shift_expired:
      return "shift_expired";
    case Cause::shift_closed:
      return "shift_closed";
    case Cause::ambiguous:
      return "ambiguous";
  }
  __builtin_unreachable();
}

template <class Enum>
Enum from_word(const std::string& given, std::initializer_list<Enum> all, Enum otherwise) {
  for (const auto value : all) {
    if (word(value) == given) return value;
  }
  return otherwise;
}

std::string document_bytes(const registers::Finding& finding) {
  return finding.document ? records::to_record(*finding.document).SerializeAsString() : std::string();
}

// Rule 5: what was told is kept under any epoch; `decided` says whether this transaction also decides on it.
void append_evidence(pqxx::work& work, const std::vector<Told>& batch, const std::vector<bool>& fenced) {
  IntArray attempts;
  IntArray shards;
  IntArray finals;
  TextArray facts, causes, codes, details, documents, remote_ids, raws;
  IntArray decided;
  IntArray stored;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& told = batch[i];
    if (told.stored != 0) {
      if (fenced[i]) stored.add(told.stored);
      continue;
    }
    attempts.add(told.attempt);
    shards.add(told.shard);
    finals.add(told.final ? 1 : 0);
    facts.add(word(told.finding.fact));
    causes.add(word(told.finding.cause));
    codes.add(told.finding.code);
    details.add(told.finding.text);
    const auto document = document_bytes(told.finding);
    document.empty() ? documents.add_null() : documents.add_bytes(document);
    remote_ids.add(told.finding.remote_id);
    raws.add_bytes(told.finding.raw_answer);
    decided.add(fenced[i] ? 1 : 0);
  }
  work.exec_params(
      "insert into evidence (attempt, shard, final, fact, cause, code, detail, document, remote_id, raw, decided) "
      "select a, s, f <> 0, fact, cause, code, detail, document, remote_id, raw, d <> 0 "
      "from unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[], "
      "$9::text[], "
      "$10::bytea[], $11::int[]) as e(a, s, f, fact, cause, code, detail, document, remote_id, raw, d)",
      attempts.str(), shards.str(), finals.str(), facts.str(), causes.str(), codes.str(), details.str(),
      documents.str(), remote_ids.str(), raws.str(), decided.str());
  work.exec_params("update evidence set decided = true where id = any($1::bigint[])", stored.str());
}

// Rule 11: the first claimant of a document keeps it.
bool claim_document(pqxx::work& work, const fiscal::FiscalDocument& document, std::int64_t attempt,
                    const std::string& receipt) {
  if (document.fn.empty() || document.fd == 0) return true;
  const auto owner = work.exec_params(
      "with mine as (insert into documents (fn, fd, attempt, receipt) values ($1, $2, $3, nullif($4, '')::uuid) on "
      "conflict do nothing "
      "returning attempt) select attempt from mine union all select attempt from documents where fn = $1 and fd = $2 "
      "limit 1",
      document.fn, document.fd, attempt, receipt);
  return !owner.empty() && owner[0][0].as<std::int64_t>() == attempt;
}

struct AttemptChange {
  std::string outcome;   // empty: stays open
  std::string question;  // empty: none
  std::string detail;
  std::string remote_id;
};

void write_attempts(pqxx::work& work, const std::map<std::int64_t, AttemptChange>& changes) {
  if (changes.empty()) return;
  IntArray ids;
  TextArray outcomes, questions, details, remote_ids;
  for (const auto& [id, change] : changes) {
    ids.add(id);
    outcomes.add(change.outcome);
    questions.add(change.question);
    details.add(change.detail);
    remote_ids.add(change.remote_id);
  }
  work.exec_params(
      "update attempts a set outcome = coalesce(nullif(c.outcome, ''), a.outcome), "
      "finished_at = case when c.outcome <> '' then now() else a.finished_at end, "
      "question = case when c.outcome <> '' then nullif(c.question, '') else a.question end, detail = c.detail, "
      "remote_id = coalesce(nullif(c.remote_id, ''), a.remote_id) "
      "from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[]) as c(id, outcome, question, detail, "
      "remote_id) where a.id = c.id",
      ids.str(), outcomes.str(), questions.str(), details.str(), remote_ids.str());
}

struct RegisterChange {
  std::string fn;
  std::uint64_t fd = 0;
  std::string shift;  // empty: as it was
  bool opened_now = false;
};

void write_registers(pqxx::work& work, const std::map<std::string, RegisterChange>& changes) {
  if (changes.empty()) return;
  TextArray identities, fns, shifts;
  IntArray fds, opened;
  for (const auto& [identity, change] : changes) {
    identities.add(identity);
    fns.add(change.fn);
    fds.add(change.fd);
    shifts.add(change.shift);
    opened.add(change.opened_now ? 1 : 0);
  }
  // A new storage starts counting again; within one, the highest number seen stands.
  work.exec_params(
      "insert into registers as r (identity, fn, highest_fd, shift, shift_opened_at) "
      "select identity, fn, fd, coalesce(nullif(shift, ''), 'unknown'), case when opened <> 0 then now() end "
      "from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[]) as c(identity, fn, fd, shift, opened) "
      "on conflict (identity) do update set "
      "highest_fd = case when excluded.fn = '' then r.highest_fd when r.fn = excluded.fn then greatest(r.highest_fd, "
      "excluded.highest_fd) "
      "else excluded.highest_fd end, "
      "fn = coalesce(nullif(excluded.fn, ''), r.fn), "
      "shift = case when excluded.shift = 'unknown' then r.shift else excluded.shift end, "
      "shift_opened_at = case when excluded.shift = 'closed' then null else coalesce(excluded.shift_opened_at, "
      "r.shift_opened_at) end",
      identities.str(), fns.str(), fds.str(), shifts.str(), opened.str());
}

RegisterChange register_change(const AttemptRow& attempt, const registers::Finding& finding) {
  RegisterChange change;
  if (finding.fact == Fact::printed) {
    if (finding.document) {
      change.fn = finding.document->fn;
      change.fd = finding.document->fd;
    }
    change.shift = attempt.kind == "close_shift" ? "closed" : "open";
    change.opened_now = attempt.kind == "open_shift";
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_closed) {
    change.shift = "closed";
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_expired) {
    change.shift = "open";
  }
  return change;
}

Evidence evidence_of(const registers::Finding& finding) {
  switch (finding.fact) {
    case Fact::printed:
      return Evidence::printed;
    case Fact::not_printed:
      return finding.cause == Cause::data ? Evidence::not_printed_data : Evidence::not_printed_other;
    case Fact::pending:
    case Fact::absent:
    case Fact::unknown:
      return Evidence::lost;
  }
  __builtin_unreachable();
}

std::string describe(const registers::Finding& finding) {
  if (finding.code.empty()) return finding.text;
  return finding.text.empty() ? finding.code : finding.code + ": " + finding.text;
}

// The decision about one attempt of a receipt, on rows held in memory and locked.
void decide(pqxx::work& work, const Told& told, const AttemptRow& attempt, ReceiptRow& receipt, AttemptChange& change) {
  const auto& finding = told.finding;
  const bool current = attempt.number == receipt.attempts;
  const auto evidence = evidence_of(finding);
  change.detail = describe(finding);
  change.remote_id = finding.remote_id;

  if (evidence == Evidence::printed) {
    const auto document = finding.document.value_or(fiscal::FiscalDocument{});
    if (!claim_document(work, document, told.attempt, attempt.receipt)) {
      log(Level::error, "alarm.document_claimed_twice",
          {{"receipt", attempt.receipt},
           {"register", attempt.register_id},
           {"fn", document.fn},
           {"fd", static_cast<std::int64_t>(document.fd)}});
      change.outcome = "unknown";
      change.question = "asked";
      if (receipt.state != State::done) {
        receipt.state = State::uncertain;
        receipt.error = "Касса назвала документ ФН " + document.fn + " № " + std::to_string(document.fd) +
                        ", который уже принадлежит другому чеку";
        receipt.changed = true;
      }
      return;
    }
    const auto decision = receipts::on_evidence(receipt.state, evidence, current);
    if (decision.alarm != receipts::Alarm::none) {
      log(Level::error,
          decision.alarm == receipts::Alarm::second_document ? "alarm.second_document" : "alarm.printed_after_denial",
          {{"receipt", attempt.receipt},
           {"attempt", attempt.number},
           {"fn", document.fn},
           {"fd", static_cast<std::int64_t>(document.fd)}});
    }
    change.outcome = "printed";
    if (decision.alarm == receipts::Alarm::second_document) {
      receipt.error = "Напечатан второй фискальный документ: ФН " + document.fn + " № " + std::to_string(document.fd);
    } else {
      receipt.error.clear();
      receipt.fiscal = records::to_record(document).SerializeAsString();
    }
    receipt.state = decision.state;
    receipt.changed = true;
    return;
  }

  const auto decision = receipts::on_evidence(receipt.state, evidence, current);
  if (evidence == Evidence::lost) {
    if (told.final) {
      change.outcome = "unknown";
      // Numbering may settle a lost answer; a question that its protocol answered with silence is left to a person.
      change.question = finding.fact == Fact::absent ? "asked" : "open";
    }
    if (finding.fact == Fact::pending) return;  // nothing is lost: the register's own queue has it
  } else {
    change.outcome = "not_printed";
  }
  if (decision.state != receipt.state || receipt.error != change.detail) {
    receipt.state = decision.state;
    receipt.error = finding.text.empty() ? change.detail : finding.text;
    receipt.changed = true;
  }
}

// Rule 6: the document after a lost one, printed after the quiet time, settles it or leaves it to a person.
void prove(pqxx::work& work, const AttemptRow& probe, const registers::Finding& finding) {
  const auto rows = work.exec_params(
      "select receipt, number, fn_before, fd_before from attempts where id = $1 and question = 'open' for update",
      probe.proves);
  if (rows.empty()) return;
  const auto document = finding.document.value_or(fiscal::FiscalDocument{});
  const receipts::Uncertain uncertain{rows[0][2].as<std::string>(), rows[0][3].as<std::uint64_t>()};
  const auto result = receipts::prove(uncertain, {true, true, document.fn, document.fd});
  const auto receipt_id = text(rows[0][0]);

  TextArray ids;
  ids.add(receipt_id);
  auto locked = lock_receipts(work, ids);
  auto& receipt = locked.at(receipt_id);
  const bool current = rows[0][1].as<std::uint32_t>() == receipt.attempts;
  if (result.proof == receipts::Proof::not_printed) {
    work.exec_params(
        "update attempts set outcome = 'not_printed', question = 'settled', detail = $2 where id = $1", probe.proves,
        "not printed: the next document of FN " + document.fn + " is number " + std::to_string(document.fd));
    const auto decision = receipts::on_evidence(receipt.state, Evidence::proved_absent, current);
    receipt.changed = decision.state != receipt.state;
    receipt.state = decision.state;
    receipt.error.clear();
  } else {
    std::string question = "Ответ кассы потерян, и напечатан ли чек, не доказано (" + result.reason + ").";
    if (result.proof == receipts::Proof::gap) {
      std::string ours;
      for (const auto& row :
           work.exec_params("select fd from documents where fn = $1 and fd between $2 and $3 order by fd", document.fn,
                            result.first_missing, result.last_missing)) {
        ours += (ours.empty() ? "" : ", ") + row[0].as<std::string>();
      }
      question = "Ответ кассы потерян. Проверьте документы ФН " + document.fn + " с № " +
                 std::to_string(result.first_missing) + " по № " + std::to_string(result.last_missing) +
                 (ours.empty() ? "; наших среди них нет" : "; из них наши: " + ours) + ".";
    }
    work.exec_params("update attempts set question = 'asked', detail = $2 where id = $1", probe.proves, question);
    receipt.error = question;
    receipt.changed = true;
  }
  write_receipts(work, locked);
  log(Level::warn, "proof",
      {{"receipt", receipt_id},
       {"result", result.proof == receipts::Proof::not_printed ? "not_printed" : "asked"},
       {"reason", result.reason}});
}

}  // namespace

std::vector<std::int64_t> open_attempts(pqxx::work& work, const std::string& worker,
                                        const std::vector<NewAttempt>& batch) {
  TextArray ids;
  std::set<int> shards;
  for (const auto& attempt : batch) {
    if (!attempt.receipt.empty()) ids.add(attempt.receipt);
    shards.insert(attempt.shard);
  }
  const auto locked = lock_receipts(work, ids);
  const auto held = fence(work, worker, shards);
  const auto eligible = [&](const NewAttempt& attempt) {
    const auto fence_row = held.find(attempt.shard);
    if (fence_row == held.end() || fence_row->second != attempt.epoch) return false;
    if (attempt.receipt.empty()) return true;
    const auto row = locked.find(attempt.receipt);
    return row != locked.end() && row->second.state == State::queued && row->second.revision == attempt.revision;
  };

  TextArray receipts_, kinds, registers_, identities, pools, keys, requests, fns;
  IntArray numbers, generations, shard_list, epochs, fds, proves;
  for (const auto& attempt : batch) {
    if (!eligible(attempt)) continue;
    attempt.receipt.empty() ? receipts_.add_null() : receipts_.add(attempt.receipt);
    numbers.add(attempt.number);
    generations.add(attempt.generation);
    kinds.add(to_string(attempt.kind));
    registers_.add(attempt.register_id);
    identities.add(attempt.identity);
    pools.add(attempt.pool);
    shard_list.add(attempt.shard);
    epochs.add(attempt.epoch);
    keys.add(attempt.key);
    requests.add_bytes(attempt.request);
    fns.add(attempt.fn_before);
    fds.add(attempt.fd_before);
    proves.add(attempt.proves);
  }
  std::map<std::string, std::int64_t> opened;  // by key
  TextArray printing;
  for (const auto& row : work.exec_params(
           "insert into attempts (receipt, number, generation, kind, register, identity, pool, shard, epoch, key, "
           "request, fn_before, fd_before, proves) "
           "select receipt, number, generation, kind, register, identity, pool, shard, epoch, key, request, fn_before, "
           "fd_before, nullif(proves, 0) "
           "from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], "
           "$9::bigint[], $10::text[], "
           "$11::bytea[], $12::text[], $13::bigint[], $14::bigint[]) as n(receipt, number, generation, kind, register, "
           "identity, pool, shard, "
           "epoch, key, request, fn_before, fd_before, proves) on conflict do nothing returning id, key, receipt",
           receipts_.str(), numbers.str(), generations.str(), kinds.str(), registers_.str(), identities.str(),
           pools.str(), shard_list.str(), epochs.str(), keys.str(), requests.str(), fns.str(), fds.str(),
           proves.str())) {
    opened.emplace(row[1].as<std::string>(), row[0].as<std::int64_t>());
    if (!row[2].is_null()) printing.add(row[2].as<std::string>());
  }
  work.exec_params(
      "update receipts set state = 'printing', attempts = attempts + 1, generation_attempts = generation_attempts + 1, "
      "revision = revision + 1, "
      "sequence = nextval('journal_sequence'), changed_at = now() where id = any($1::uuid[])",
      printing.str());

  std::vector<std::int64_t> result;
  for (const auto& attempt : batch) {
    const auto found = eligible(attempt) ? opened.find(attempt.key) : opened.end();
    result.push_back(found == opened.end() ? 0 : found->second);
  }
  return result;
}

std::vector<Settled> settle(pqxx::work& work, const std::string& worker, const std::vector<Told>& batch) {
  IntArray attempt_ids;
  std::set<int> shards;
  for (const auto& told : batch) {
    attempt_ids.add(told.attempt);
    shards.insert(told.shard);
  }
  TextArray receipt_ids;
  for (const auto& row :
       work.exec_params("select distinct receipt from attempts where id = any($1::bigint[]) and receipt is not null",
                        attempt_ids.str())) {
    receipt_ids.add(row[0].as<std::string>());
  }
  auto receipt_rows = lock_receipts(work, receipt_ids);
  auto attempt_rows = lock_attempts(work, attempt_ids);
  const auto held = fence(work, worker, shards);

  std::vector<bool> fenced;
  for (const auto& told : batch) {
    const auto row = held.find(told.shard);
    fenced.push_back(row != held.end() && row->second == told.epoch);
  }
  append_evidence(work, batch, fenced);

  std::map<std::int64_t, AttemptChange> attempt_changes;
  std::map<std::string, RegisterChange> register_changes;
  std::vector<const Told*> probes;
  std::vector<Settled> result;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& told = batch[i];
    auto& attempt = attempt_rows.at(told.attempt);
    result.push_back({fenced[i], told.finding.fact == Fact::printed || attempt.outcome == "printed"});
    if (!fenced[i]) continue;
    const bool news = attempt.outcome.empty() || attempt.outcome == "unknown" ||
                      (attempt.outcome == "not_printed" && told.finding.fact == Fact::printed);
    if (!news) continue;
    auto& change = attempt_changes[told.attempt];
    if (attempt.receipt.empty()) {
      change.detail = describe(told.finding);
      if (told.final)
        change.outcome =
            word(told.finding.fact == Fact::printed || told.finding.fact == Fact::not_printed ? told.finding.fact
                                                                                              : Fact::unknown);
      if (told.finding.document) claim_document(work, *told.finding.document, told.attempt, {});
    } else {
      decide(work, told, attempt, receipt_rows.at(attempt.receipt), change);
    }
    if (!change.outcome.empty()) attempt.outcome = change.outcome;
    const auto of_register = register_change(attempt, told.finding);
    if (!of_register.fn.empty() || !of_register.shift.empty()) register_changes[attempt.identity] = of_register;
    if (attempt.proves != 0 && told.finding.fact == Fact::printed) probes.push_back(&told);
  }
  write_attempts(work, attempt_changes);
  write_receipts(work, receipt_rows);
  write_registers(work, register_changes);
  for (const auto* probe : probes) prove(work, attempt_rows.at(probe->attempt), probe->finding);
  return result;
}

bool allow_resend(pqxx::work& work, const std::string& worker, std::int64_t attempt, int shard, std::int64_t epoch) {
  const auto held = fence(work, worker, {shard});
  if (held.empty() || held.begin()->second != epoch) return false;
  return work.exec_params("update attempts set sends = sends + 1 where id = $1 and outcome is null", attempt)
             .affected_rows() == 1;
}

bool refuse(pqxx::work& work, const std::string& worker, const Queued& receipt, int shard, std::int64_t epoch,
            const std::string& error) {
  const auto held = fence(work, worker, {shard});
  if (held.empty() || held.begin()->second != epoch) return false;
  return work.exec_params(
                 "update receipts set state = 'failed', error = $3, revision = revision + 1, sequence = "
                 "nextval('journal_sequence'), changed_at = now() "
                 "where id = $1::uuid and revision = $2 and state = 'queued'",
                 receipt.id, receipt.revision, error)
             .affected_rows() == 1;
}

namespace {

constexpr const char* kAttemptColumns =
    "select a.id, a.kind, a.receipt, a.key, a.request, a.remote_id, a.sends, r.content from attempts a left join "
    "receipts r on r.id = a.receipt ";

Attempt attempt_from(const pqxx::row& row) {
  Attempt attempt;
  attempt.id = row[0].as<std::int64_t>();
  const auto kind = row[1].as<std::string>();
  attempt.kind = kind == "receipt" ? Kind::receipt : kind == "open_shift" ? Kind::open_shift : Kind::close_shift;
  attempt.receipt = text(row[2]);
  attempt.key = row[3].as<std::string>();
  attempt.request = bytes(row[4]);
  attempt.remote_id = row[5].as<std::string>();
  attempt.sends = row[6].as<int>();
  attempt.content = bytes(row[7]);
  return attempt;
}

}  // namespace

RegisterMemory remember(pqxx::work& work, const std::string& identity) {
  RegisterMemory memory;
  for (const auto& row : work.exec_params("select fn, highest_fd, shift, coalesce(extract(epoch from "
                                          "shift_opened_at)::bigint, 0) from registers where identity = $1",
                                          identity)) {
    memory.fn = row[0].as<std::string>();
    memory.highest_fd = row[1].as<std::uint64_t>();
    memory.shift = row[2].as<std::string>();
    memory.shift_opened_at_s = row[3].as<std::int64_t>();
  }
  for (const auto& row :
       work.exec_params(std::string(kAttemptColumns) + "where a.identity = $1 and a.outcome is null", identity)) {
    memory.open = attempt_from(row);
  }
  for (const auto& row :
       work.exec_params("select id from attempts where identity = $1 and question = 'open' order by id", identity)) {
    memory.questions.push_back(row[0].as<std::int64_t>());
  }
  return memory;
}

std::vector<Queued> queue(pqxx::work& work, const std::vector<std::string>& pools, int per_pool) {
  TextArray list;
  for (const auto& pool : pools) list.add(pool);
  std::vector<Queued> result;
  for (const auto& row : work.exec_params("select q.id, q.pool, q.revision, q.generation, q.attempts, q.content from "
                                          "unnest($1::text[]) as p(pool) cross join lateral ("
                                          "select * from receipts r where r.pool = p.pool and r.state = 'queued' and "
                                          "(r.not_before is null or r.not_before <= now()) "
                                          "order by r.position limit $2) q order by q.pool, q.position",
                                          list.str(), per_pool)) {
    result.push_back({row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::int64_t>(),
                      row[3].as<std::uint32_t>(), row[4].as<std::uint32_t>(), bytes(row[5])});
  }
  return result;
}

std::vector<Told> undecided(pqxx::work& work, const std::vector<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::vector<Told> result;
  for (const auto& row : work.exec_params(
           "select id, attempt, shard, final, fact, cause, code, detail, document, remote_id from evidence "
           "where not decided and shard = any($1::int[]) order by id limit 100",
           list.str())) {
    Told told;
    told.stored = row[0].as<std::int64_t>();
    told.attempt = row[1].as<std::int64_t>();
    told.shard = row[2].as<int>();
    told.final = row[3].as<bool>();
    told.finding.fact = from_word(row[4].as<std::string>(),
                                  {Fact::printed, Fact::not_printed, Fact::pending, Fact::absent}, Fact::unknown);
    told.finding.cause = from_word(row[5].as<std::string>(),
                                   {Cause::data, Cause::register_fault, Cause::transient, Cause::shift_expired,
                                    Cause::shift_closed, Cause::ambiguous},
                                   Cause::none);
    told.finding.code = row[6].as<std::string>();
    told.finding.text = row[7].as<std::string>();
    v1::FiscalDocument document;
    if (!row[8].is_null() && document.ParseFromString(bytes(row[8])))
      told.finding.document = records::from_record(document);
    told.finding.remote_id = row[9].as<std::string>();
    result.push_back(std::move(told));
  }
  return result;
}

std::vector<Journal::Callback> callbacks(pqxx::work& work, const std::vector<int>& shards) {
  IntArray list;
  for (const int shard : shards) list.add(shard);
  std::vector<Journal::Callback> result;
  for (const auto& row : work.exec_params("select id, register, body from callbacks where not handled and shard = "
                                          "any($1::int[]) order by id limit 100",
                                          list.str())) {
    result.push_back({row[0].as<std::int64_t>(), row[1].as<std::string>(), bytes(row[2])});
  }
  return result;
}

std::vector<Attempt> unsettled(pqxx::work& work, const std::string& register_id) {
  std::vector<Attempt> result;
  for (const auto& row :
       work.exec_params(std::string(kAttemptColumns) + "where a.register = $1 and a.outcome = 'unknown' and a.question "
                                                       "in ('open', 'asked') order by a.id limit 50",
                        register_id)) {
    result.push_back(attempt_from(row));
  }
  return result;
}

}  // namespace kassaflow::fiscalizer::sql
