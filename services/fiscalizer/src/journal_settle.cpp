#include <algorithm>

#include "journal_numbering.hpp"
#include "journal_rows.hpp"
#include "journal_sql.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::sql {

using postgres::IntArray;
using postgres::TextArray;
using receipts::AttemptOutcome;
using receipts::Evidence;
using receipts::State;
using registers::Cause;
using registers::Fact;

namespace {

// Rule 5: what was told is kept under any epoch; `decided` says whether this transaction also decides on it.
void append_evidence(pqxx::work& work, const std::vector<Heard>& batch, const std::vector<bool>& decided) {
  IntArray attempts, shards, sends, finals, provables, decisions, stored, callbacks;
  TextArray facts, causes, codes, details, documents, remote_ids, raws;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& heard = batch[i];
    if (heard.callback != 0) callbacks.add(heard.callback);
    if (heard.stored != 0) {
      if (decided[i]) stored.add(heard.stored);
      continue;
    }
    attempts.add(heard.attempt);
    shards.add(heard.fence.shard);
    sends.add(heard.send);
    finals.add(heard.final ? 1 : 0);
    provables.add(heard.provable ? 1 : 0);
    facts.add(to_string(heard.finding.fact));
    causes.add(to_string(heard.finding.cause));
    codes.add(heard.finding.code);
    details.add(heard.finding.text);
    heard.finding.document ? documents.add_bytes(records::to_record(*heard.finding.document).SerializeAsString())
                           : documents.add_null();
    remote_ids.add(heard.finding.remote_id);
    raws.add_bytes(heard.finding.raw_answer);
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

RegisterChange register_change(const AttemptRow& attempt, const registers::Finding& finding) {
  RegisterChange change;
  if (finding.fact == Fact::printed) {
    if (finding.document) {
      change.fn = finding.document->fn;
      change.fd = finding.document->fd;
    }
    change.shift = attempt.kind == Kind::close_shift ? Shift::closed : Shift::open;
    change.opened_now = attempt.kind == Kind::open_shift;
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_closed) {
    change.shift = Shift::closed;
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_expired) {
    change.shift = Shift::open;
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
  never();
}

std::string describe(const registers::Finding& finding) {
  if (finding.code.empty()) return finding.text;
  return finding.text.empty() ? finding.code : finding.code + ": " + finding.text;
}

// A document always counts. Anything else only while nothing better is known, and only of the latest sending: an older
// one's "not printed" says nothing about the bytes that left after it.
bool is_news(const Heard& heard, const AttemptRow& attempt) {
  switch (heard.finding.fact) {
    case Fact::printed:
      return attempt.outcome != AttemptOutcome::printed;
    case Fact::not_printed:
      return (attempt.outcome == AttemptOutcome::open || attempt.outcome == AttemptOutcome::unknown) &&
             heard.send == attempt.sends;
    case Fact::pending:
    case Fact::absent:
    case Fact::unknown:
      return attempt.outcome == AttemptOutcome::open && heard.send == attempt.sends;
  }
  never();
}

bool has_number(const registers::Finding& finding) {
  return finding.document && !finding.document->fn.empty() && finding.document->fd > 0;
}

// Rule 11: the first claimant of a document keeps it. Whoever is told a document without a number has it.
std::set<std::int64_t> claim_documents(pqxx::work& work, const std::vector<Heard>& batch,
                                       const std::vector<bool>& decided, const Rows& rows) {
  std::set<std::int64_t> owners;
  std::set<std::int64_t> claimants;
  TextArray fns, receipts;
  IntArray fds, attempts;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& heard = batch[i];
    const auto& attempt = rows.attempts.at(heard.attempt);
    const bool claims = heard.finding.fact == Fact::printed || attempt.receipt.empty();
    if (!decided[i] || !claims || !is_news(heard, attempt) || !claimants.insert(heard.attempt).second) continue;
    if (!has_number(heard.finding)) {
      owners.insert(heard.attempt);
      continue;
    }
    fns.add(heard.finding.document->fn);
    fds.add(heard.finding.document->fd);
    attempts.add(heard.attempt);
    attempt.receipt.empty() ? receipts.add_null() : receipts.add(attempt.receipt.str());
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

void decide_printed(const Heard& heard, const AttemptRow& attempt, bool owns_document, ReceiptRow& receipt,
                    AttemptChange& change) {
  const auto document = heard.finding.document.value_or(fiscal::FiscalDocument{});
  const auto alarm = [&](std::string_view event) {
    log::error(event, {{"receipt", attempt.receipt.str()},
                       {"attempt", attempt.number},
                       {"register", attempt.register_id.str()},
                       {"fn", document.fn},
                       {"fd", static_cast<std::int64_t>(document.fd)}});
  };
  receipt.changed = true;
  if (!owns_document) {
    alarm("alarm.document_claimed_twice");
    change.outcome = AttemptOutcome::unknown;
    change.question = Question::asked;
    if (receipt.state == State::done) return;
    receipt.state = State::uncertain;
    receipt.error = "Касса назвала документ ФН " + document.fn + " № " + std::to_string(document.fd) +
                    ", который уже принадлежит другому чеку";
    return;
  }
  const auto decision = receipts::on_evidence(receipt.state, Evidence::printed, attempt.number == receipt.attempts);
  if (decision.alarm == receipts::Alarm::second_document) alarm("alarm.second_document");
  if (decision.alarm == receipts::Alarm::printed_after_denial) alarm("alarm.printed_after_denial");
  change.outcome = AttemptOutcome::printed;
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

// How often registers have refused the receipt in this generation, whatever their words.
int refusals(pqxx::work& work, const AttemptRow& attempt, const ReceiptRow& receipt) {
  return work
      .exec_params1(
          "select count(*) from attempts where receipt = $1::uuid and generation = $2 and outcome = 'not_printed' and "
          "words <> ''",
          attempt.receipt.str(), receipt.generation)[0]
      .as<int>();
}

void decide_receipt(pqxx::work& work, const Heard& heard, const Limits& limits, AttemptRow& attempt, Rows& rows,
                    AttemptChange& change) {
  auto& receipt = rows.receipts.at(attempt.receipt);
  const auto& finding = heard.finding;
  const auto evidence = evidence_of(finding);
  if (evidence == Evidence::printed) {
    return decide_printed(heard, attempt, rows.owners.contains(heard.attempt), receipt, change);
  }
  const bool in_question =
      attempt.number == receipt.attempts || (receipt.state == State::uncertain && attempt.unanswered());
  change.words = words_of(finding);
  change.cause = to_string(finding.cause);
  if (evidence == Evidence::lost) {
    if (finding.fact == Fact::pending && !heard.final) return;  // nothing is lost: the register's own queue has it
    if (heard.final) {
      change.outcome = AttemptOutcome::unknown;
      change.question = heard.provable ? Question::open : Question::asked;
    }
  } else {
    change.outcome = AttemptOutcome::not_printed;
  }
  const auto decision = receipts::on_evidence(receipt.state, evidence, in_question);
  const auto error = finding.text.empty() ? change.detail : finding.text;
  if (!in_question || (decision.state == receipt.state && receipt.error == error)) return;
  receipts::Blocks blocks{.unanswered = others_unanswered(rows, heard.attempt, attempt),
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
void decide_report(const Heard& heard, AttemptChange& change) {
  if (!heard.final) return;
  switch (heard.finding.fact) {
    case Fact::printed:
      change.outcome = AttemptOutcome::printed;
      break;
    case Fact::not_printed:
      change.outcome = AttemptOutcome::not_printed;
      break;
    case Fact::pending:
    case Fact::absent:
    case Fact::unknown:
      change.outcome = AttemptOutcome::unknown;
      break;
  }
}

void decide(pqxx::work& work, const Heard& heard, const Limits& limits, Rows& rows) {
  auto& attempt = rows.attempts.at(heard.attempt);
  if (!is_news(heard, attempt)) return;
  auto& change = rows.attempt_changes[heard.attempt];
  change.detail = describe(heard.finding);
  change.remote_id = heard.finding.remote_id;
  if (attempt.receipt.empty()) {
    decide_report(heard, change);
  } else {
    decide_receipt(work, heard, limits, attempt, rows, change);
  }
  if (change.outcome) {
    attempt.outcome = *change.outcome;
    attempt.question = change.question;
  }
  if (!change.words.empty()) {
    attempt.words = change.words;
    attempt.cause = change.cause;
  }
  if (heard.finding.cause == Cause::test_register) alarm("alarm.test_register", attempt, change.detail);
  const auto of_register = register_change(attempt, heard.finding);
  if (!of_register.fn.empty() || of_register.shift) rows.register_changes[attempt.identity] = of_register;
}

std::optional<Finished> finished(const Rows& rows, const AttemptRow& attempt) {
  const auto found = rows.receipts.find(attempt.receipt);
  if (found == rows.receipts.end()) return std::nullopt;
  const auto& receipt = found->second;
  const bool ended = receipts::phase_of(receipt.state) == receipts::Phase::ended;
  if (!ended || receipt.state == receipt.before) return std::nullopt;
  v1::FiscalDocument document;
  const bool test = receipt.state == State::done && document.ParseFromString(receipt.fiscal) && document.test();
  return Finished{receipt.tenant, receipt.state, receipt.age_s, test};
}

}  // namespace

std::vector<Settled> settle(pqxx::work& work, const WorkerId& worker, const Limits& limits,
                            const std::vector<Heard>& batch) {
  IntArray attempts;
  for (const auto& heard : batch) attempts.add(heard.attempt);
  auto rows = lock_rows(work, attempts);
  std::set<int> shards;
  for (const auto& heard : batch) shards.insert(heard.fence.shard);
  const auto held = held_epochs(work, worker, shards);
  std::vector<bool> decided;
  for (const auto& heard : batch) {
    decided.push_back(holds(held, heard.fence) && rows.attempts.at(heard.attempt).shard == heard.fence.shard);
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
    const bool printed = batch[i].finding.fact == Fact::printed && attempt.outcome == AttemptOutcome::printed;
    if (!news[i] || !printed) continue;
    const auto document = batch[i].finding.document.value_or(fiscal::FiscalDocument{});
    prove(work, attempt, document, rows);
    if (batch[i].provable) doubt_skipped(work, batch[i].attempt, document, rows);
  }
  write_attempts(work, rows.attempt_changes);
  write_receipts(work, rows.receipts);
  write_registers(work, rows.register_changes);

  std::vector<Settled> result;
  std::set<ReceiptId> counted;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& attempt = rows.attempts.at(batch[i].attempt);
    Settled settled{decided[i], news[i], std::nullopt};
    if (decided[i] && counted.insert(attempt.receipt).second) settled.finished = finished(rows, attempt);
    result.push_back(std::move(settled));
  }
  return result;
}

}  // namespace kassaflow::fiscalizer::sql
