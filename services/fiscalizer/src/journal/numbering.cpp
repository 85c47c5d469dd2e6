#include "numbering.hpp"

#include <algorithm>

#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/proof.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer::journal {

using receipts::AttemptOutcome;
using receipts::Evidence;
using receipts::State;
using receipts::Told;
using registers::Cause;

namespace {

constexpr int kNumbersShown = 20;

// What a person is asked when numbering leaves a question open.
std::string question_for(Transaction& tx, const receipts::ProofResult& result, const Storage& storage) {
  if (result.proof != receipts::Proof::gap) {
    return "Ответ кассы потерян, и напечатан ли чек, не доказано (" + result.reason + ").";
  }
  std::string ours;
  for (const auto number : tx.known_numbers(storage, result.first_missing, result.last_missing, kNumbersShown)) {
    ours += (ours.empty() ? "" : ", ") + std::to_string(number);
  }
  return "Ответ кассы потерян. Проверьте документы ФН " + storage.fn + " с № " + std::to_string(result.first_missing) +
         " по № " + std::to_string(result.last_missing) +
         (ours.empty() ? "; наших среди них нет" : "; из них наши: " + ours) + ".";
}

// Numbers a document left out, and what is known of them.
struct Skipped {
  std::uint64_t numbers = 0;  // that are no document of ours whose number we know
  std::uint64_t reports = 0;  // shift reports of ours among them: printed, but the register told no number
  bool opened = false;        // we had to open the shift, so somebody else has closed it with a report
};

Skipped skipped_by(Transaction& tx, std::int64_t id, const AttemptRow& next, const TenantId& tenant,
                   const fiscal::FiscalDocument& document) {
  Skipped skipped;
  if (next.fn_before.empty() || document.fn != next.fn_before || document.fd <= next.fd_before + 1) return skipped;
  const auto ours = tx.count_numbers({document.fn, next.identity, tenant}, next.fd_before + 1, document.fd - 1);
  skipped.numbers = document.fd - next.fd_before - 1 - ours;
  const auto reports = tx.reports_since(next.identity, next.fn_before, next.fd_before, id);
  skipped.reports = reports.count;
  skipped.opened = next.kind == Kind::open_shift || reports.opened;
  return skipped;
}

}  // namespace

TenantId tenant_of(const Touched& rows, const AttemptRow& attempt) {
  return attempt.receipt.empty() ? attempt.tenant : rows.receipts.at(attempt.receipt).tenant;
}

bool others_unanswered(const Touched& rows, std::int64_t id, const AttemptRow& attempt) {
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

void prove(Transaction& tx, const AttemptRow& probe, const fiscal::FiscalDocument& document, Touched& rows) {
  const auto uncertain = rows.attempts.find(probe.proves);
  if (uncertain == rows.attempts.end() || uncertain->second.question != Question::open) return;
  // A report that told no number, or found the shift open already, leaves the question to the next document.
  if (probe.kind != Kind::receipt && document.fd == 0) return;
  auto& lost = uncertain->second;
  auto& receipt = rows.receipts.at(lost.receipt);
  const auto result = receipts::prove(
      {lost.fn_before, lost.fd_before},
      {.started_after_quiet_time = true, .answered_by_register = true, .fn = document.fn, .fd = document.fd});
  auto& change = rows.attempt_changes[probe.proves];
  if (result.proof == receipts::Proof::not_printed) {
    const bool in_question = lost.number == receipt.attempts || receipt.state == State::uncertain;
    change.outcome = lost.outcome = AttemptOutcome::not_printed;
    change.question = lost.question = Question::settled;
    change.detail = "not printed: the next document of FN " + document.fn + " is number " + std::to_string(document.fd);
    if (!lost.words.empty()) change.detail += "; the register had said: " + lost.words;
    auto snapshot = receipt.snapshot(others_unanswered(rows, probe.proves, lost));
    const Told proved{Evidence::proved_absent, in_question};
    // A receipt that the register does not take, and calls so in words nobody knows, would come back for ever.
    snapshot.refused_enough = receipts::apply(snapshot, proved).state == State::queued && !lost.words.empty() &&
                              tx.denied_after(lost.receipt, receipt.generation, lost.words);
    const bool again = snapshot.refused_enough;
    const auto state = receipts::apply(snapshot, proved).state;
    if (state != receipt.state) {
      receipt.state = state;
      receipt.error = state != State::held ? std::string() : again ? lost.words : receipt.hold_reason;
      receipt.changed = true;
      if (again && state == State::held) alarm("alarm.receipt_refused", lost, lost.words);
    }
  } else {
    change.outcome = AttemptOutcome::unknown;
    change.question = lost.question = Question::asked;
    change.detail = receipt.error = question_for(tx, result, {document.fn, probe.identity, tenant_of(rows, probe)});
    receipt.changed = true;
  }
  log::warn(
      "proof",
      {{"receipt", lost.receipt.str()}, {"result", receipts::to_string(*change.outcome)}, {"reason", result.reason}});
}

void doubt_skipped(Transaction& tx, std::int64_t id, const fiscal::FiscalDocument& document, Touched& rows) {
  const auto next = rows.attempts.at(id);
  const auto skipped = skipped_by(tx, id, next, tenant_of(rows, next), document);
  for (auto& [other_id, other] : rows.attempts) {
    const bool since = other.identity == next.identity && other.fn_before == next.fn_before &&
                       other.fd_before == next.fd_before && other_id < id;
    if (!since || other.receipt.empty() || !other.believed()) continue;
    // An identity may have been another tenant's before.
    if (tenant_of(rows, other) != tenant_of(rows, next)) continue;
    // "The shift is closed" names the report of whoever closed it.
    const bool names_report = skipped.opened && other.cause == to_string(Cause::shift_closed);
    if (skipped.numbers <= skipped.reports + (names_report ? 1 : 0)) continue;
    auto& change = rows.attempt_changes[other_id];
    change.outcome = other.outcome = AttemptOutcome::unknown;
    change.question = other.question = Question::asked;
    change.detail = "Чек считался ненапечатанным, но следующий документ ФН " + document.fn + " — № " +
                    std::to_string(document.fd) + " после № " + std::to_string(next.fd_before) +
                    ": возможно, документ есть";
    if (!other.words.empty()) change.detail += ". Касса сказала: " + other.words;
    auto& receipt = rows.receipts.at(other.receipt);
    receipt.state =
        receipts::apply(receipt.snapshot(), Told{Evidence::doubted, other.number == receipt.attempts}).state;
    receipt.error = change.detail;
    receipt.changed = true;
    alarm("alarm.number_skipped", other, change.detail);
  }
}

}  // namespace kassaflow::fiscalizer::journal
