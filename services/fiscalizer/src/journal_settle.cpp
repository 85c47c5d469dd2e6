#include <algorithm>

#include "journal_rows.hpp"
#include "journal_sql.hpp"
#include "kassaflow/receipts/proof.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/runtime/log.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;
using receipts::Evidence;
using receipts::State;
using registers::Cause;
using registers::Fact;
using runtime::Level;
using runtime::log;

namespace {

struct AttemptRow {
  std::string receipt;  // empty: a shift report
  std::uint32_t number = 0;
  std::string kind;
  std::string identity;
  std::string register_id;
  std::string outcome;   // empty: open
  std::string question;  // empty: none
  int shard = 0;
  int sends = 1;
  std::int64_t proves = 0;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::string words;  // what the register said of it, unless "printed"; empty: it never answered
  std::string cause;  // with words

  // Its receipt may have been printed by it, for all that is known.
  [[nodiscard]] bool unanswered() const { return outcome.empty() || question == "open" || question == "asked"; }
  // Believed not printed for the register's words alone: no number and no person has confirmed it.
  [[nodiscard]] bool believed() const { return outcome == "not_printed" && question.empty() && !words.empty(); }
};

struct AttemptChange {
  std::string outcome;   // empty: stays as it is
  std::string question;  // with an outcome; empty: none
  std::string detail;
  std::string remote_id;
  std::string words;  // empty: they and the cause stay as they are
  std::string_view cause;
};

struct RegisterChange {
  std::string fn;
  std::uint64_t fd = 0;
  std::string shift;  // empty: as it was
  bool opened_now = false;
};

// Everything a group of findings touches: the rows are locked when it begins and written when it ends.
struct Rows {
  std::map<std::string, ReceiptRow> receipts;
  std::map<std::int64_t, AttemptRow> attempts;
  std::map<std::int64_t, AttemptChange> attempt_changes;
  std::map<std::string, RegisterChange> register_changes;
  std::set<std::int64_t> owners;  // attempts that have the document they were told
};

// The attempts of a group, those whose question they may settle, and those before them that were believed not printed
// although the register's numbering has not yet said so.
constexpr const char* kTouched =
    "array(select unnest($1::bigint[]) union select proves from attempts where id = any($1::bigint[]) and proves is "
    "not null union select b.id from attempts a join attempts b on b.identity = a.identity and b.fn_before = "
    "a.fn_before and b.fd_before = a.fd_before and b.id < a.id where a.id = any($1::bigint[]) and a.fn_before <> '' "
    "and b.receipt is not null and b.outcome = 'not_printed' and b.question is null and b.words <> '') ";

// With them every attempt without an answer of their receipts.
std::map<std::int64_t, AttemptRow> lock_attempts(pqxx::work& work, const IntArray& ids, const TextArray& receipts) {
  std::map<std::int64_t, AttemptRow> rows;
  for (const auto& row :
       work.exec_params(std::string("select id, receipt, number, kind, identity, register, outcome, question, shard, "
                                    "sends, coalesce(proves, 0), fn_before, fd_before, words, cause from attempts "
                                    "where id = any(") +
                            kTouched +
                            ") or (receipt = any($2::uuid[]) and (outcome is null or question in ('open', 'asked'))) "
                            "order by id for update",
                        ids.str(), receipts.str())) {
    rows.emplace(row[0].as<std::int64_t>(),
                 AttemptRow{text(row[1]), row[2].as<std::uint32_t>(), row[3].as<std::string>(),
                            row[4].as<std::string>(), row[5].as<std::string>(), text(row[6]), text(row[7]),
                            row[8].as<int>(), row[9].as<int>(), row[10].as<std::int64_t>(), row[11].as<std::string>(),
                            row[12].as<std::uint64_t>(), row[13].as<std::string>(), row[14].as<std::string>()});
  }
  return rows;
}

Rows lock_rows(pqxx::work& work, const std::vector<Told>& batch) {
  IntArray attempt_ids;
  for (const auto& told : batch) attempt_ids.add(told.attempt);
  TextArray receipt_ids;
  for (const auto& row :
       work.exec_params(std::string("select distinct receipt from attempts where receipt is not null and id = any(") +
                            kTouched + ")",
                        attempt_ids.str())) {
    receipt_ids.add(row[0].as<std::string>());
  }
  Rows rows;
  rows.receipts = lock_receipts(work, receipt_ids);
  rows.attempts = lock_attempts(work, attempt_ids, receipt_ids);
  return rows;
}

// Rule 5: what was told is kept under any epoch; `decided` says whether this transaction also decides on it.
void append_evidence(pqxx::work& work, const std::vector<Told>& batch, const std::vector<bool>& decided) {
  IntArray attempts, shards, sends, finals, provables, decisions, stored, callbacks;
  TextArray facts, causes, codes, details, documents, remote_ids, raws;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& told = batch[i];
    if (told.callback != 0) callbacks.add(told.callback);
    if (told.stored != 0) {
      if (decided[i]) stored.add(told.stored);
      continue;
    }
    attempts.add(told.attempt);
    shards.add(told.shard);
    sends.add(told.send);
    finals.add(told.final ? 1 : 0);
    provables.add(told.provable ? 1 : 0);
    facts.add(to_string(told.finding.fact));
    causes.add(to_string(told.finding.cause));
    codes.add(told.finding.code);
    details.add(told.finding.text);
    told.finding.document ? documents.add_bytes(records::to_record(*told.finding.document).SerializeAsString())
                          : documents.add_null();
    remote_ids.add(told.finding.remote_id);
    raws.add_bytes(told.finding.raw_answer);
    decisions.add(decided[i] ? 1 : 0);
  }
  work.exec_params(
      "insert into evidence (attempt, shard, send, final, provable, fact, cause, code, detail, document, remote_id, "
      "raw, decided) select a, s, n, f <> 0, p <> 0, fact, cause, code, detail, document, remote_id, raw, d <> 0 "
      "from unnest($1::bigint[], $2::int[], $3::int[], $4::int[], $5::int[], $6::text[], $7::text[], $8::text[], "
      "$9::text[], $10::bytea[], $11::text[], $12::bytea[], $13::int[]) "
      "as e(a, s, n, f, p, fact, cause, code, detail, document, remote_id, raw, d)",
      attempts.str(), shards.str(), sends.str(), finals.str(), provables.str(), facts.str(), causes.str(), codes.str(),
      details.str(), documents.str(), remote_ids.str(), raws.str(), decisions.str());
  work.exec_params("update evidence set decided = true where id = any($1::bigint[])", stored.str());
  work.exec_params("update callbacks set handled = true where id = any($1::bigint[])", callbacks.str());
}

void write_attempts(pqxx::work& work, const std::map<std::int64_t, AttemptChange>& changes) {
  if (changes.empty()) return;
  IntArray ids;
  TextArray outcomes, questions, details, remote_ids, words, causes;
  for (const auto& [id, change] : changes) {
    ids.add(id);
    outcomes.add(change.outcome);
    questions.add(change.question);
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
      "excluded.highest_fd) else excluded.highest_fd end, "
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
      if (finding.cause == Cause::test_register) return Evidence::not_printed_legally;
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

// A document always counts. Anything else only while nothing better is known, and only of the latest sending: an older
// one's "not printed" says nothing about the bytes that left after it.
bool is_news(const Told& told, const AttemptRow& attempt) {
  switch (told.finding.fact) {
    case Fact::printed:
      return attempt.outcome != "printed";
    case Fact::not_printed:
      return (attempt.outcome.empty() || attempt.outcome == "unknown") && told.send == attempt.sends;
    case Fact::pending:
    case Fact::absent:
    case Fact::unknown:
      return attempt.outcome.empty() && told.send == attempt.sends;
  }
  __builtin_unreachable();
}

bool has_number(const registers::Finding& finding) {
  return finding.document && !finding.document->fn.empty() && finding.document->fd > 0;
}

// Rule 11: the first claimant of a document keeps it. Whoever is told a document without a number has it.
std::set<std::int64_t> claim_documents(pqxx::work& work, const std::vector<Told>& batch,
                                       const std::vector<bool>& decided, const Rows& rows) {
  std::set<std::int64_t> owners;
  std::set<std::int64_t> claimants;
  TextArray fns, receipts;
  IntArray fds, attempts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& told = batch[i];
    const auto& attempt = rows.attempts.at(told.attempt);
    const bool claims = told.finding.fact == Fact::printed || attempt.receipt.empty();
    if (!decided[i] || !claims || !is_news(told, attempt) || !claimants.insert(told.attempt).second) continue;
    if (!has_number(told.finding)) {
      owners.insert(told.attempt);
      continue;
    }
    fns.add(told.finding.document->fn);
    fds.add(told.finding.document->fd);
    attempts.add(told.attempt);
    attempt.receipt.empty() ? receipts.add_null() : receipts.add(attempt.receipt);
  }
  if (owners.size() == claimants.size()) return owners;  // no number was told
  // In one order everywhere, so that two groups cannot wait for each other.
  for (const auto& row : work.exec_params(
           "with claims as (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[]) with ordinality "
           "as c(fn, fd, attempt, receipt, place)), "
           "mine as (insert into documents (fn, fd, attempt, receipt) select distinct on (fn, fd) fn, fd, attempt, "
           "receipt from claims order by fn, fd, place on conflict do nothing returning attempt) "
           "select attempt from mine union select c.attempt from claims c join documents d using (fn, fd, attempt)",
           fns.str(), fds.str(), attempts.str(), receipts.str())) {
    owners.insert(row[0].as<std::int64_t>());
  }
  return owners;
}

void decide_printed(const Told& told, const AttemptRow& attempt, bool owns_document, ReceiptRow& receipt,
                    AttemptChange& change) {
  const auto document = told.finding.document.value_or(fiscal::FiscalDocument{});
  const auto alarm = [&](std::string_view event) {
    log(Level::error, event,
        {{"receipt", attempt.receipt},
         {"attempt", attempt.number},
         {"register", attempt.register_id},
         {"fn", document.fn},
         {"fd", static_cast<std::int64_t>(document.fd)}});
  };
  receipt.changed = true;
  if (!owns_document) {
    alarm("alarm.document_claimed_twice");
    change.outcome = "unknown";
    change.question = "asked";
    if (receipt.state == State::done) return;
    receipt.state = State::uncertain;
    receipt.error = "Касса назвала документ ФН " + document.fn + " № " + std::to_string(document.fd) +
                    ", который уже принадлежит другому чеку";
    return;
  }
  const auto decision = receipts::on_evidence(receipt.state, Evidence::printed, attempt.number == receipt.attempts);
  if (decision.alarm == receipts::Alarm::second_document) alarm("alarm.second_document");
  if (decision.alarm == receipts::Alarm::printed_after_denial) alarm("alarm.printed_after_denial");
  change.outcome = "printed";
  receipt.state = decision.state;
  if (decision.alarm == receipts::Alarm::second_document) {
    receipt.error = "Напечатан второй фискальный документ: ФН " + document.fn + " № " + std::to_string(document.fd);
  } else {
    receipt.error.clear();
    receipt.fiscal = records::to_record(document).SerializeAsString();
  }
}

// What the register itself said, as far as it is not "printed".
std::string words_of(const registers::Finding& finding) {
  const bool answered = finding.fact != Fact::printed && !finding.raw_answer.empty();
  return answered ? describe(finding) : std::string();
}

bool others_unanswered(const Rows& rows, std::int64_t attempt_id, const AttemptRow& attempt) {
  return std::ranges::any_of(rows.attempts, [&](const auto& row) {
    return row.first != attempt_id && row.second.receipt == attempt.receipt && row.second.unanswered();
  });
}

void alarm(std::string_view event, const AttemptRow& attempt, const std::string& detail) {
  log(Level::error, event,
      {{"receipt", attempt.receipt},
       {"attempt", attempt.number},
       {"register", attempt.register_id},
       {"detail", detail}});
}

// How often registers have refused the receipt in this generation, whatever their words.
int refusals(pqxx::work& work, const AttemptRow& attempt, const ReceiptRow& receipt) {
  return work
      .exec_params1(
          "select count(*) from attempts where receipt = $1::uuid and generation = $2 and outcome = 'not_printed' and "
          "words <> ''",
          attempt.receipt, receipt.generation)[0]
      .as<int>();
}

void decide_receipt(pqxx::work& work, const Told& told, const Limits& limits, AttemptRow& attempt, Rows& rows,
                    AttemptChange& change) {
  auto& receipt = rows.receipts.at(attempt.receipt);
  const auto& finding = told.finding;
  const auto evidence = evidence_of(finding);
  if (evidence == Evidence::printed) {
    return decide_printed(told, attempt, rows.owners.contains(told.attempt), receipt, change);
  }
  const bool in_question =
      attempt.number == receipt.attempts || (receipt.state == State::uncertain && attempt.unanswered());
  change.words = words_of(finding);
  change.cause = to_string(finding.cause);
  if (evidence == Evidence::lost) {
    if (finding.fact == Fact::pending && !told.final) return;  // nothing is lost: the register's own queue has it
    if (told.final) {
      change.outcome = "unknown";
      change.question = told.provable ? "open" : "asked";
    }
  } else {
    change.outcome = "not_printed";
  }
  const auto decision = receipts::on_evidence(receipt.state, evidence, in_question);
  const auto error = finding.text.empty() ? change.detail : finding.text;
  if (!in_question || (decision.state == receipt.state && receipt.error == error)) return;
  receipts::Blocks blocks{.unanswered = others_unanswered(rows, told.attempt, attempt),
                          .hold_wanted = !receipt.hold_reason.empty()};
  if (decision.state == State::queued && !change.words.empty()) {
    blocks.refused_enough = refusals(work, attempt, receipt) + 1 >= limits.refusals_before_held;
  }
  receipt.state = receipts::kept_back(decision.state, blocks);
  receipt.error = receipt.state == State::held && blocks.hold_wanted ? receipt.hold_reason : error;
  receipt.changed = true;
  if (receipt.state == State::held && blocks.refused_enough) alarm("alarm.receipt_refused", attempt, change.words);
}

// A shift report has no receipt to decide about.
void decide_report(const Told& told, AttemptChange& change) {
  const auto fact = told.finding.fact;
  if (told.final) change.outcome = to_string(fact == Fact::printed || fact == Fact::not_printed ? fact : Fact::unknown);
}

void decide(pqxx::work& work, const Told& told, const Limits& limits, Rows& rows) {
  auto& attempt = rows.attempts.at(told.attempt);
  if (!is_news(told, attempt)) return;
  auto& change = rows.attempt_changes[told.attempt];
  change.detail = describe(told.finding);
  change.remote_id = told.finding.remote_id;
  if (attempt.receipt.empty()) {
    decide_report(told, change);
  } else {
    decide_receipt(work, told, limits, attempt, rows, change);
  }
  if (!change.outcome.empty()) {
    attempt.outcome = change.outcome;
    attempt.question = change.question;
  }
  if (!change.words.empty()) {
    attempt.words = change.words;
    attempt.cause = change.cause;
  }
  if (told.finding.cause == Cause::test_register) alarm("alarm.test_register", attempt, change.detail);
  const auto of_register = register_change(attempt, told.finding);
  if (!of_register.fn.empty() || !of_register.shift.empty()) rows.register_changes[attempt.identity] = of_register;
}

// What a person is asked when numbering leaves a question open.
std::string question_for(pqxx::work& work, const receipts::ProofResult& result, const std::string& fn) {
  if (result.proof != receipts::Proof::gap) {
    return "Ответ кассы потерян, и напечатан ли чек, не доказано (" + result.reason + ").";
  }
  std::string ours;
  for (const auto& row :
       work.exec_params("select fd from documents where fn = $1 and fd between $2 and $3 order by fd limit 20", fn,
                        result.first_missing, result.last_missing)) {
    ours += (ours.empty() ? "" : ", ") + row[0].as<std::string>();
  }
  return "Ответ кассы потерян. Проверьте документы ФН " + fn + " с № " + std::to_string(result.first_missing) +
         " по № " + std::to_string(result.last_missing) +
         (ours.empty() ? "; наших среди них нет" : "; из них наши: " + ours) + ".";
}

// True when a number proved the receipt not printed before, after the very same words of a register.
bool proved_before(pqxx::work& work, const AttemptRow& lost, const ReceiptRow& receipt) {
  return !lost.words.empty() &&
         !work.exec_params(
                  "select 1 from attempts where receipt = $1::uuid and generation = $2 and outcome = 'not_printed' and "
                  "question = 'settled' and words = $3 limit 1",
                  lost.receipt, receipt.generation, lost.words)
              .empty();
}

// Rule 6: the document after a lost one settles it or leaves it to a person. The lane opens a probe only after the
// quiet time, and `proves` is set on nothing else: other documents find no attempt there.
void prove(pqxx::work& work, const AttemptRow& probe, const registers::Finding& finding, Rows& rows) {
  const auto uncertain = rows.attempts.find(probe.proves);
  if (uncertain == rows.attempts.end() || uncertain->second.question != "open") return;
  auto& lost = uncertain->second;
  auto& receipt = rows.receipts.at(lost.receipt);
  const auto document = finding.document.value_or(fiscal::FiscalDocument{});
  const auto result = receipts::prove(
      {lost.fn_before, lost.fd_before},
      {.started_after_quiet_time = true, .answered_by_register = true, .fn = document.fn, .fd = document.fd});
  auto& change = rows.attempt_changes[probe.proves];
  if (result.proof == receipts::Proof::not_printed) {
    const bool in_question = lost.number == receipt.attempts || receipt.state == State::uncertain;
    change.outcome = lost.outcome = "not_printed";
    change.question = lost.question = "settled";
    change.detail = "not printed: the next document of FN " + document.fn + " is number " + std::to_string(document.fd);
    if (!lost.words.empty()) change.detail += "; the register had said: " + lost.words;
    const auto decision = receipts::on_evidence(receipt.state, Evidence::proved_absent, in_question);
    // A receipt that the register does not take, and calls so in words nobody knows, would come back for ever.
    const bool again = decision.state == State::queued && proved_before(work, lost, receipt);
    const auto state = receipts::kept_back(decision.state, {.unanswered = others_unanswered(rows, probe.proves, lost),
                                                            .hold_wanted = !receipt.hold_reason.empty(),
                                                            .refused_enough = again});
    receipt.changed = receipt.changed || state != receipt.state;
    receipt.state = state;
    receipt.error = state != State::held ? std::string() : again ? lost.words : receipt.hold_reason;
    if (again && state == State::held) alarm("alarm.receipt_refused", lost, lost.words);
  } else {
    change.outcome = "unknown";
    change.question = lost.question = "asked";
    change.detail = receipt.error = question_for(work, result, document.fn);
    receipt.changed = true;
  }
  log(Level::warn, "proof", {{"receipt", lost.receipt}, {"result", change.outcome}, {"reason", result.reason}});
}

// Numbers a document left out, and what is known of them.
struct Skipped {
  std::uint64_t numbers = 0;  // that are no document of ours whose number we know
  std::uint64_t reports = 0;  // shift reports of ours among them: printed, but the register told no number
  bool opened = false;        // we had to open the shift, so somebody else has closed it with a report
};

Skipped skipped_by(pqxx::work& work, std::int64_t id, const AttemptRow& next, const fiscal::FiscalDocument& document) {
  Skipped skipped;
  if (next.fn_before.empty() || document.fn != next.fn_before || document.fd <= next.fd_before + 1) return skipped;
  const auto known = work.exec_params1("select count(*) from documents where fn = $1 and fd > $2 and fd < $3",
                                       document.fn, next.fd_before, document.fd)[0]
                         .as<std::uint64_t>();
  skipped.numbers = document.fd - next.fd_before - 1 - known;
  // A shift that turned out to be open already made no document.
  const auto reports = work.exec_params1(
      "select count(*), coalesce(bool_or(kind = 'open_shift'), false) from attempts where identity = $1 and fn_before "
      "= "
      "$2 and fd_before = $3 and id < $4 and kind <> 'receipt' and outcome = 'printed' and detail not like 'already%'",
      next.identity, next.fn_before, next.fd_before, id);
  skipped.reports = reports[0].as<std::uint64_t>();
  skipped.opened = next.kind == "open_shift" || reports[1].as<bool>();
  return skipped;
}

// A storage numbers its documents without gaps. Attempts that were believed not printed for the register's words, since
// the last number seen, become questions again when a number is missing that nothing explains.
void doubt_skipped(pqxx::work& work, std::int64_t id, const AttemptRow& next, const registers::Finding& finding,
                   Rows& rows) {
  const auto document = finding.document.value_or(fiscal::FiscalDocument{});
  const auto skipped = skipped_by(work, id, next, document);
  for (auto& [other_id, other] : rows.attempts) {
    const bool since = other.identity == next.identity && other.fn_before == next.fn_before &&
                       other.fd_before == next.fd_before && other_id < id;
    if (!since || other.receipt.empty() || !other.believed()) continue;
    // "The shift is closed" names the report of whoever closed it.
    const bool names_report = skipped.opened && other.cause == to_string(Cause::shift_closed);
    if (skipped.numbers <= skipped.reports + (names_report ? 1 : 0)) continue;
    auto& change = rows.attempt_changes[other_id];
    change.outcome = other.outcome = "unknown";
    change.question = other.question = "asked";
    change.detail = "Касса сказала, что чек не напечатан, но её следующий документ ФН " + document.fn + " — № " +
                    std::to_string(document.fd) + " после № " + std::to_string(next.fd_before) +
                    ": возможно, документ есть. Её слова: " + other.words;
    auto& receipt = rows.receipts.at(other.receipt);
    receipt.state = receipts::on_evidence(receipt.state, Evidence::doubted, other.number == receipt.attempts).state;
    receipt.error = change.detail;
    receipt.changed = true;
    alarm("alarm.number_skipped", other, change.detail);
  }
}

std::optional<Finished> finished(const Rows& rows, const AttemptRow& attempt) {
  const auto found = rows.receipts.find(attempt.receipt);
  if (found == rows.receipts.end()) return std::nullopt;
  const auto& receipt = found->second;
  const bool ended = receipt.state == State::done || receipt.state == State::failed;
  if (!ended || receipt.state == receipt.before) return std::nullopt;
  return Finished{receipt.tenant, std::string(receipts::to_string(receipt.state)), receipt.age_s};
}

}  // namespace

std::vector<Settled> settle(pqxx::work& work, const std::string& worker, const Limits& limits,
                            const std::vector<Told>& batch) {
  auto rows = lock_rows(work, batch);
  std::set<int> shards;
  for (const auto& told : batch) shards.insert(told.shard);
  const auto held = fence(work, worker, shards);
  std::vector<bool> decided;
  for (const auto& told : batch) {
    decided.push_back(fenced(held, told.shard, told.epoch) && rows.attempts.at(told.attempt).shard == told.shard);
  }
  append_evidence(work, batch, decided);
  rows.owners = claim_documents(work, batch, decided, rows);
  std::vector<bool> news;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    news.push_back(decided[i] && is_news(batch[i], rows.attempts.at(batch[i].attempt)));
    if (decided[i]) decide(work, batch[i], limits, rows);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& attempt = rows.attempts.at(batch[i].attempt);
    const bool printed = batch[i].finding.fact == Fact::printed && attempt.outcome == "printed";
    if (!news[i] || !printed) continue;
    prove(work, attempt, batch[i].finding, rows);
    if (batch[i].provable) doubt_skipped(work, batch[i].attempt, attempt, batch[i].finding, rows);
  }
  write_attempts(work, rows.attempt_changes);
  write_receipts(work, rows.receipts);
  write_registers(work, rows.register_changes);

  std::vector<Settled> result;
  std::set<std::string> counted;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& attempt = rows.attempts.at(batch[i].attempt);
    Settled settled{decided[i], news[i], std::nullopt};
    if (decided[i] && counted.insert(attempt.receipt).second) settled.finished = finished(rows, attempt);
    result.push_back(std::move(settled));
  }
  return result;
}

}  // namespace kassaflow::fiscalizer::sql
