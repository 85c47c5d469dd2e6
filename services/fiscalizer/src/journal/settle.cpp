#include <algorithm>

#include "decisions.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "numbering.hpp"

namespace kassaflow::fiscalizer::journal {

using receipts::AttemptOutcome;
using receipts::Evidence;
using receipts::State;
using receipts::Told;
using registers::Cause;
using registers::Fact;

namespace {

// The receipts of all of them, too, and every attempt without an answer of the same receipts.
Touched lock_touched(Transaction& tx, const std::vector<Heard>& batch) {
  std::set<std::int64_t> attempts;
  for (const auto& heard : batch) attempts.insert(heard.attempt);
  std::set<std::int64_t> touched;
  std::set<ReceiptId> receipts;
  for (const auto& [attempt, receipt] : tx.touched_by(attempts)) {
    touched.insert(attempt);
    if (!receipt.empty()) receipts.insert(receipt);
  }
  Touched rows;
  rows.receipts = tx.lock_receipts(receipts);
  rows.attempts = tx.lock_attempts(touched, receipts);
  return rows;
}

std::string fn_of(const registers::Finding& finding) { return finding.document ? finding.document->fn : std::string(); }

// Whose the storage is that it names.
Named named_by(const Heard& heard, const AttemptRow& attempt, const Touched& rows) {
  return whose_storage(rows.storages, fn_of(heard.finding), attempt.identity, tenant_of(rows, attempt));
}

// What a finding tells of the register, on top of what earlier ones of the same group have told. Most tell nothing.
void tell_register(const Heard& heard, const AttemptRow& attempt, Named whose,
                   std::map<RegisterIdentity, RegisterChange>& changes) {
  const auto& finding = heard.finding;
  if (finding.fact == Fact::printed) {
    auto& change = changes[attempt.identity];
    if (whose == Named::foreign && !heard.called_back) change.disputed_fn = finding.document->fn;
    if (whose == Named::own && !fn_of(finding).empty()) {
      change.fd = change.fn == finding.document->fn ? std::max(change.fd, finding.document->fd) : finding.document->fd;
      change.fn = finding.document->fn;
    }
    change.shift = attempt.kind == Kind::close_shift ? Shift::closed : Shift::open;
    change.opened_now = change.opened_now || attempt.kind == Kind::open_shift;
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_closed) {
    changes[attempt.identity].shift = Shift::closed;
  } else if (finding.fact == Fact::not_printed && finding.cause == Cause::shift_expired) {
    changes[attempt.identity].shift = Shift::open;
  }
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
bool is_news(const Heard& heard, const AttemptRow& attempt, const Touched& rows) {
  switch (heard.finding.fact) {
    case Fact::printed:
      // A callback binds no storage. While the attempt is open its lane asks for the register's own word.
      if (heard.called_back && attempt.outcome == AttemptOutcome::open &&
          named_by(heard, attempt, rows) != Named::own) {
        return false;
      }
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

// Only the registers' own words: a callback binds nothing.
Storages bind_storages(Transaction& tx, const std::vector<Heard>& batch, const std::vector<bool>& decided,
                       const Touched& rows) {
  std::set<std::string> fns;
  std::vector<Storage> wanted;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& heard = batch[i];
    const auto& attempt = rows.attempts.at(heard.attempt);
    const auto fn = fn_of(heard.finding);
    if (!decided[i] || fn.empty()) continue;
    fns.insert(fn);
    const auto tenant = tenant_of(rows, attempt);
    const bool says_so = heard.finding.fact == Fact::printed && !heard.called_back;
    if (says_so && !attempt.identity.empty() && !tenant.empty()) wanted.push_back({fn, attempt.identity, tenant});
  }
  return bind_unbound(tx, std::move(wanted), fns);
}

// Rule 11: the first claimant of a document keeps it, and only the register whose storage it is may claim. Whoever is
// told a document without a number has it.
std::set<std::int64_t> claim_documents(Transaction& tx, const std::vector<Heard>& batch,
                                       const std::vector<bool>& decided, const Touched& rows) {
  std::set<std::int64_t> owners;
  std::set<std::int64_t> claimants;
  std::vector<Claim> claims;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& heard = batch[i];
    const auto& attempt = rows.attempts.at(heard.attempt);
    const bool claims_one = heard.finding.fact == Fact::printed || attempt.receipt.empty();
    if (!decided[i] || !claims_one || !is_news(heard, attempt, rows)) continue;
    if (named_by(heard, attempt, rows) != Named::own || !claimants.insert(heard.attempt).second) continue;
    if (has_number(heard.finding)) {
      claims.push_back({heard.finding.document->fn, heard.finding.document->fd, heard.attempt, attempt.receipt});
    } else {
      owners.insert(heard.attempt);
    }
  }
  owners.merge(tx.claim_documents(claims));
  return owners;
}

void alarm_of(std::string_view event, const AttemptRow& attempt, const fiscal::FiscalDocument& document) {
  log::error(event, {{"receipt", attempt.receipt.str()},
                     {"attempt", attempt.number},
                     {"register", attempt.register_id.str()},
                     {"fn", document.fn},
                     {"fd", static_cast<std::int64_t>(document.fd)}});
}

// Says nothing about whose it is: the tenant reads it.
std::string not_its_document(const fiscal::FiscalDocument& document, Named whose) {
  const auto number = "документ ФН " + document.fn + " № " + std::to_string(document.fd);
  if (whose == Named::own) return "Касса назвала " + number + ", который уже принадлежит другому чеку";
  return "Касса назвала " + number + ", а этот ФН за ней не закреплён: проверьте, какой ФН в кассе";
}

void decide_printed(const Heard& heard, const AttemptRow& attempt, bool owns_document, Named whose, ReceiptRow& receipt,
                    AttemptChange& change) {
  const auto document = heard.finding.document.value_or(fiscal::FiscalDocument{});
  receipt.changed = true;
  if (!owns_document) {
    if (whose == Named::own) alarm_of("alarm.document_claimed_twice", attempt, document);
    change.outcome = AttemptOutcome::unknown;
    change.question = Question::asked;
    if (receipt.state == State::done) return;
    receipt.state = receipts::apply(receipt.snapshot(), Told{Evidence::printed_as_another}).state;
    receipt.error = not_its_document(document, whose);
    return;
  }
  const auto next = receipts::apply(receipt.snapshot(), Told{Evidence::printed, attempt.number == receipt.attempts});
  if (next.alarm == receipts::Alarm::second_document) alarm_of("alarm.second_document", attempt, document);
  if (next.alarm == receipts::Alarm::printed_after_denial) alarm_of("alarm.printed_after_denial", attempt, document);
  change.outcome = AttemptOutcome::printed;
  receipt.state = next.state;
  if (next.alarm == receipts::Alarm::second_document) {
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

void decide_receipt(Transaction& tx, const Heard& heard, const Limits& limits, AttemptRow& attempt, Touched& rows,
                    AttemptChange& change) {
  auto& receipt = rows.receipts.at(attempt.receipt);
  const auto& finding = heard.finding;
  const auto evidence = evidence_of(finding);
  if (evidence == Evidence::printed) {
    return decide_printed(heard, attempt, rows.owners.contains(heard.attempt), named_by(heard, attempt, rows), receipt,
                          change);
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
  auto snapshot = receipt.snapshot(others_unanswered(rows, heard.attempt, attempt));
  auto next = receipts::apply(snapshot, Told{evidence, in_question});
  if (next.state == State::queued && !change.words.empty()) {
    snapshot.refused_enough = tx.refusals(attempt.receipt, receipt.generation) + 1 >= limits.refusals_before_held;
    next = receipts::apply(snapshot, Told{evidence, in_question});
  }
  const auto error = finding.text.empty() ? change.detail : finding.text;
  if (!in_question || (next.state == receipt.state && receipt.error == error)) return;
  receipt.state = next.state;
  receipt.error = receipt.state == State::held && snapshot.hold_wanted ? receipt.hold_reason : error;
  receipt.changed = true;
  if (receipt.state == State::held && snapshot.refused_enough) alarm("alarm.receipt_refused", attempt, change.words);
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

// Two things that a person must look at: a storage that is another register's, and one that was replaced.
void watch_storage(const Heard& heard, const AttemptRow& attempt, Named whose, const Storages& storages) {
  if (heard.finding.fact != Fact::printed || fn_of(heard.finding).empty()) return;
  const auto& document = *heard.finding.document;
  if (whose == Named::foreign) {
    const auto& owner = storages.at(document.fn);
    log::error("alarm.foreign_storage", {{"receipt", attempt.receipt.str()},
                                         {"attempt", attempt.number},
                                         {"register", attempt.register_id.str()},
                                         {"fn", document.fn},
                                         {"fd", static_cast<std::int64_t>(document.fd)},
                                         {"bound_to", owner.identity.str()},
                                         {"tenant", owner.tenant.str()}});
  } else if (!attempt.fn_before.empty() && attempt.fn_before != document.fn) {
    log::error("alarm.storage_changed", {{"register", attempt.register_id.str()},
                                         {"fn_before", attempt.fn_before},
                                         {"fn", document.fn},
                                         {"fd", static_cast<std::int64_t>(document.fd)}});
  }
}

void decide(Transaction& tx, const Heard& heard, const Limits& limits, Touched& rows) {
  auto& attempt = rows.attempts.at(heard.attempt);
  if (!is_news(heard, attempt, rows)) return;
  const auto whose = named_by(heard, attempt, rows);
  auto& change = rows.attempt_changes[heard.attempt];
  change.detail = describe(heard.finding);
  change.remote_id = heard.finding.remote_id;
  if (attempt.receipt.empty()) {
    decide_report(heard, change);
  } else {
    decide_receipt(tx, heard, limits, attempt, rows, change);
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
  watch_storage(heard, attempt, whose, rows.storages);
  tell_register(heard, attempt, whose, rows.register_changes);
}

std::optional<Finished> finished(const Touched& rows, const AttemptRow& attempt) {
  const auto found = rows.receipts.find(attempt.receipt);
  if (found == rows.receipts.end()) return std::nullopt;
  const auto& receipt = found->second;
  const bool ended = receipts::phase_of(receipt.state) == receipts::Phase::ended;
  if (!ended || receipt.state == receipt.before) return std::nullopt;
  v1::FiscalDocument document;
  const bool test = receipt.state == State::done && document.ParseFromString(receipt.fiscal) && document.test();
  return Finished{receipt.tenant, receipt.state, receipt.age_s, test};
}

std::vector<Settled> settle_known(Transaction& tx, const WorkerId& worker, const Limits& limits,
                                  const std::vector<Heard>& batch, Touched rows) {
  std::set<int> shards;
  for (const auto& heard : batch) shards.insert(heard.fence.shard);
  const auto held = tx.held_epochs(worker, shards);
  std::vector<bool> decided;
  for (const auto& heard : batch) {
    decided.push_back(holds(held, heard.fence) && rows.attempts.at(heard.attempt).shard == heard.fence.shard);
  }
  tx.append_evidence(batch, decided);
  rows.storages = bind_storages(tx, batch, decided, rows);
  rows.owners = claim_documents(tx, batch, decided, rows);
  std::vector<bool> news;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    news.push_back(decided[i] && is_news(batch[i], rows.attempts.at(batch[i].attempt), rows));
    if (decided[i]) decide(tx, batch[i], limits, rows);
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& attempt = rows.attempts.at(batch[i].attempt);
    const bool printed = batch[i].finding.fact == Fact::printed && attempt.outcome == AttemptOutcome::printed;
    if (!news[i] || !printed || named_by(batch[i], attempt, rows) != Named::own) continue;
    const auto document = batch[i].finding.document.value_or(fiscal::FiscalDocument{});
    prove(tx, attempt, document, rows);
    if (batch[i].provable) doubt_skipped(tx, batch[i].attempt, document, rows);
  }
  tx.write_attempts(rows.attempt_changes);
  tx.write_receipts(rows.receipts);
  tx.write_registers(rows.register_changes);

  std::vector<Settled> result;
  std::set<ReceiptId> counted;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& attempt = rows.attempts.at(batch[i].attempt);
    Settled settled{decided[i], news[i], false, named_by(batch[i], attempt, rows) != Named::own, std::nullopt};
    if (decided[i] && counted.insert(attempt.receipt).second) settled.finished = finished(rows, attempt);
    result.push_back(std::move(settled));
  }
  return result;
}

bool is_there(const Heard& heard, const Attempts& attempts) {
  const auto row = attempts.find(heard.attempt);
  return row != attempts.end() && (heard.key.empty() || row->second.key == heard.key);
}

// The attempt was made in a life of the journal that is lost, and nobody has published it.
void report_lost(Transaction& tx, const Heard& heard) {
  const auto document = heard.finding.document.value_or(fiscal::FiscalDocument{});
  log::error("alarm.evidence_without_attempt", {{"receipt", heard.receipt.str()},
                                                {"key", heard.key},
                                                {"fact", to_string(heard.finding.fact)},
                                                {"detail", describe(heard.finding)},
                                                {"fn", document.fn},
                                                {"fd", static_cast<std::int64_t>(document.fd)},
                                                {"fp", document.fp}});
  if (heard.receipt.empty()) return;
  auto receipts = tx.lock_receipts({heard.receipt});
  for (auto& [id, receipt] : receipts) receipt.suspect = receipt.changed = receipt.state != State::done;
  tx.write_receipts(receipts);
}

// exactly-once.md 17: evidence in hand of an attempt that is not there proves that the journal is an older one. Once
// it is taken back, the attempt may be there under another id.
std::vector<Settled> settle_after_loss(Transaction& tx, const WorkerId& worker, const Limits& limits,
                                       const std::vector<Heard>& batch, const Touched& rows) {
  std::vector<Settled> result(batch.size());
  auto stage = tx.trust(true).stage;
  if (stage == Stage::unknown) {
    stage = Stage::taking_back;
    tx.write_stage(stage);
    log::error("alarm.journal_behind", {{"why", "an attempt that was made is missing"}});
  }
  if (stage != Stage::open) {
    for (auto& one : result) one.later = true;
    return result;
  }
  std::vector<Heard> known;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    auto heard = batch[i];
    if (!is_there(heard, rows.attempts)) heard.attempt = tx.attempt_with_key(heard.key);
    if (heard.attempt == 0) {
      report_lost(tx, heard);
      continue;
    }
    known.push_back(std::move(heard));
    places.push_back(i);
  }
  auto settled = settle_known(tx, worker, limits, known, lock_touched(tx, known));
  for (std::size_t i = 0; i < places.size(); ++i) result[places[i]] = std::move(settled[i]);
  return result;
}

}  // namespace

std::vector<Settled> settle(Transaction& tx, const WorkerId& worker, const Limits& limits,
                            const std::vector<Heard>& batch) {
  auto rows = lock_touched(tx, batch);
  const bool all_there = std::ranges::all_of(batch, [&](const auto& heard) { return is_there(heard, rows.attempts); });
  if (!all_there) return settle_after_loss(tx, worker, limits, batch, rows);
  return settle_known(tx, worker, limits, batch, std::move(rows));
}

}  // namespace kassaflow::fiscalizer::journal
