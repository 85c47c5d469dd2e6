#include "people.hpp"

#include <date/date.h>

#include <algorithm>
#include <cmath>

#include "intake.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/attempt.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/v1/records.pb.h"
#include "storages.hpp"

namespace kassaflow::fiscalizer::people {

using journal::Transaction;
using receipts::AttemptOutcome;
using receipts::Effect;
using receipts::Needs;
using receipts::Ordered;
using receipts::State;
using receipts::Verb;

namespace {

constexpr std::size_t kAuditedLimit = 500;  // of each thing said of who decides
constexpr std::size_t kReasonLimit = 500;
constexpr std::size_t kSignDigits = 10;  // [1077] as it is told everywhere

constexpr const char* kNoActor =
    "the audit log needs an actor of at most 128 bytes, and a reason of at most 500, of text";
constexpr const char* kNoFn = "fn is the 16 digits of the storage";
constexpr const char* kNotOpen = "the journal is not open, see alarm.journal_behind: say it again when it is";

constexpr int kWishesLimit = 100;
constexpr std::size_t kBlockersShown = 10;

struct Unanswered {
  std::int64_t id = 0;
  AttemptRow row;
};

// A receipt and its attempts that nobody has answered, locked.
struct Locked {
  ReceiptRow row;
  std::vector<Unanswered> unanswered;
};

auto refused(std::string why) { return fail(kRefused, std::move(why)); }
auto malformed(std::string why) { return fail(kMalformed, std::move(why)); }

std::string name(const Unanswered& attempt) {
  return "attempt " + std::to_string(attempt.row.number) + " on " + attempt.row.register_id.str();
}

std::string names(const std::vector<Unanswered>& attempts) {
  std::string text;
  for (const auto& attempt : attempts) text += (text.empty() ? "" : ", ") + name(attempt);
  return text;
}

// Rounded up: a wait that is told is long enough.
std::string in_seconds(std::chrono::milliseconds time) {
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(time).count());
}

std::string utc(std::int64_t ms) {
  return date::format("%FT%TZ", date::floor<std::chrono::seconds>(
                                    date::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms))));
}

bool is_text(const std::string& text) { return text.find('\0') == std::string::npos && fiscal::is_utf8(text); }

// Whose wish it was: the rest stands where he said it.
audit::Who by(const std::string& name) { return {.name = name, .came_from = {}, .reason = {}}; }

std::string subject_of(const ReceiptId& receipt) { return "receipt/" + receipt.str(); }

bool can_be_audited(const audit::Who& who) {
  const auto fits = [](const std::string& text) { return text.size() <= kAuditedLimit && is_text(text); };
  return !who.name.empty() && fits(who.name) && fits(who.came_from) && fits(who.reason);
}
bool is_fn(const std::string& text) { return text.size() == 16 && ascii::all_digits(text); }

bool is_reason(const std::string& text) {
  return text.size() <= kReasonLimit && !fiscal::trim(text).empty() && is_text(text);
}

Locked with_unanswered(Transaction& tx, const ReceiptId& id, ReceiptRow row) {
  Locked locked{std::move(row), {}};
  for (auto& [attempt, of_it] : tx.lock_attempts({}, {id})) locked.unanswered.push_back({attempt, of_it});
  return locked;
}

// exactly-once.md 17: what is decided about an older state may be wrong.
bool is_open(Transaction& tx) { return tx.trust(false).stage == Stage::open; }

Result<Locked> lock(Transaction& tx, const Order& order) {
  if (!can_be_audited(order.who)) return malformed(kNoActor);
  if (!receipts::is_uuid(order.receipt.str())) return malformed("receipt_id is not a UUID: " + order.receipt.str());
  if (!is_open(tx)) return refused(kNotOpen);
  auto receipts = tx.lock_receipts({order.receipt});
  const auto& only = order.only_tenant;
  if (receipts.empty() || (!only.empty() && receipts.begin()->second.tenant != only))
    return fail(kUnknown, "the journal has no receipt " + order.receipt.str());
  return with_unanswered(tx, order.receipt, std::move(receipts.begin()->second));
}

std::string cannot(const Locked& receipt, Verb verb) {
  std::string why = "the receipt is " + std::string(receipts::to_string(receipt.row.state)) + ", and " +
                    std::string(receipts::to_string(verb)) + " is refused then";
  if (verb == Verb::retry || verb == Verb::hold) return why;
  return why + "; what became of an attempt is told with resolve";
}

// The attempt a person answers for: the only one without an answer, or the one named.
Result<Unanswered> choose(const Locked& receipt, std::uint32_t number) {
  const auto& all = receipt.unanswered;
  if (all.empty()) return refused("no attempt of this receipt waits for an answer");
  if (number == 0 && all.size() > 1) {
    return refused("several attempts wait for an answer, name one with --attempt: " + names(all));
  }
  if (number == 0) return all.front();
  const auto found = std::ranges::find(all, number, [](const auto& attempt) { return attempt.row.number; });
  if (found != all.end()) return *found;
  return refused("attempt " + std::to_string(number) + " does not wait for an answer; these do: " + names(all));
}

bool others_wait(const Locked& receipt, const Unanswered& answered) {
  return std::ranges::any_of(receipt.unanswered, [&](const auto& other) { return other.id != answered.id; });
}

void answer(Transaction& tx, const Unanswered& attempt, AttemptOutcome outcome, const std::string& detail) {
  tx.write_attempts({{attempt.id, {.outcome = outcome, .question = Question::settled, .detail = detail}}});
}

// What is decided by a person ends every wish to retry it.
void write(Transaction& tx, const Order& order, ReceiptRow& receipt, const std::string& action) {
  receipt.retry_by.clear();
  receipt.changed = true;
  tx.write_receipts({{order.receipt, receipt}});
  tx.audit(order.who, subject_of(order.receipt), action);
}

std::optional<Finished> finished(const ReceiptRow& receipt) {
  const bool ended = receipts::phase_of(receipt.state) == receipts::Phase::ended;
  if (!ended || receipt.state == receipt.before) return std::nullopt;
  return Finished{receipt.tenant, receipt.state, receipt.age_s};
}

// A person's "not printed" is believed only of bytes nobody is listening for any more, and never against a register
// that has just said the opposite.
std::optional<Error> undeniable(Transaction& tx, const Unanswered& attempt, const Times& times) {
  const auto since_sent = std::chrono::milliseconds(tx.now_ms() - attempt.row.sent_at_ms);
  if (attempt.row.outcome == AttemptOutcome::open && since_sent < times.answer) {
    return Error{kRefused, name(attempt) + " was sent " +
                               std::to_string(std::chrono::floor<std::chrono::seconds>(since_sent).count()) +
                               " s ago and may still be answered; say it again in " +
                               in_seconds(times.answer - since_sent) + " s"};
  }
  if (tx.printed_is_undecided(attempt.id)) {
    return Error{kRefused, "the register has just told something about " + name(attempt) + ": look at it again"};
  }
  return std::nullopt;
}

// What the register's numbering says against a person's "not printed": numbers of its storage since the attempt that no
// document of ours has. Empty: nothing, or nobody can say.
std::string contradiction(Transaction& tx, const AttemptRow& attempt, const TenantId& tenant) {
  const auto storage = tx.register_of(attempt.identity);
  if (attempt.fn_before.empty() || storage.fn != attempt.fn_before || storage.highest_fd <= attempt.fd_before)
    return {};
  const auto first = attempt.fd_before + 1;
  const auto ours = tx.count_numbers({storage.fn, attempt.identity, tenant}, first, storage.highest_fd);
  const auto foreign = storage.highest_fd - attempt.fd_before - ours;
  if (foreign == 0) return {};
  return "its storage " + storage.fn + " has " + std::to_string(foreign) + " of the numbers " + std::to_string(first) +
         " to " + std::to_string(storage.highest_fd) +
         " for documents that are not ours: hold the receipt and look there before it is printed again";
}

// What is left of the quiet time since nobody listened for the answer any more.
std::int64_t rest_of(Transaction& tx, const Unanswered& attempt, const Times& times) {
  const auto& row = attempt.row;
  const auto given_up_at_ms = row.finished_at_ms != 0 ? row.finished_at_ms : row.sent_at_ms + times.answer.count();
  return std::max<std::int64_t>(0, given_up_at_ms + times.quiet.count() - tx.now_ms());
}

// exactly-once.md 11; the attempt may have it already. A person may name any storage of the tenant's, for a restored
// journal does not always know on which register an attempt was made, or one that is nobody's; of another tenant
// nothing is said.
std::optional<Error> claim(Transaction& tx, const v1::FiscalDocument& document, const Unanswered& attempt,
                           const TenantId& tenant) {
  const auto storages = tx.storages({document.fn()});
  if (journal::whose_storage(storages, document.fn(), {}, tenant) == journal::Named::foreign) {
    const auto id = attempt.row.register_id.str();
    return Error{kRefused, "FN " + document.fn() + " is not bound to " + id +
                               "; when the storage is in there: kassactl storages bind " + document.fn() + " " + id};
  }
  const Claim wanted{document.fn(), document.fd(), attempt.id, attempt.row.receipt};
  if (tx.claim_documents({wanted}).contains(attempt.id)) return std::nullopt;
  const auto owner = tx.document(wanted.fn, wanted.fd).value();
  std::string whose = "a shift report";
  if (!owner.receipt.empty()) {
    const auto number = tx.lock_attempts({owner.attempt}, {}).at(owner.attempt).number;
    const bool same_tenant = tx.known_receipts({owner.receipt}).at(owner.receipt).tenant == tenant;
    whose =
        same_tenant ? "attempt " + std::to_string(number) + " of receipt " + owner.receipt.str() : "another receipt";
  }
  return Error{kRefused,
               "document " + std::to_string(document.fd()) + " of FN " + document.fn() + " belongs to " + whose};
}

std::string shown(const v1::FiscalDocument& document) {
  std::string text = "fn " + document.fn() + " fd " + std::to_string(document.fd()) + " fp " + document.fp();
  if (document.printed_at_s() == 0) return text;
  return text + " at " + utc(document.printed_at_s() * 1000);
}

void raise(receipts::Alarm alarm, const Order& order, const Unanswered& attempt, const v1::FiscalDocument& document) {
  if (alarm == receipts::Alarm::none) return;
  log::error(alarm == receipts::Alarm::second_document ? "alarm.second_document" : "alarm.printed_after_denial",
             {{"receipt", order.receipt.str()},
              {"attempt", attempt.row.number},
              {"register", attempt.row.register_id.str()},
              {"fn", document.fn()},
              {"fd", static_cast<std::int64_t>(document.fd())},
              {"told_by", order.who.name}});
}

// The receipt's error is the question that a person answers now; not why it failed or is held, nor that it was printed
// twice.
bool asks(Transaction& tx, const ReceiptId& id, const ReceiptRow& receipt) {
  if (receipt.state != State::done) return receipts::phase_of(receipt.state) == receipts::Phase::under_way;
  return tx.printed_attempts(id) < 2;
}

}  // namespace

Result<Done> resolve_printed(Transaction& tx, const Order& order, v1::FiscalDocument document) {
  if (!is_fn(document.fn())) return malformed(kNoFn);
  if (document.fd() == 0 || document.fd() > UINT32_MAX) return malformed("fd is the number of the document, from 1");
  if (document.fp().empty() || document.fp().size() > kSignDigits || !ascii::all_digits(document.fp())) {
    return malformed("fp is the fiscal sign, at most 10 digits");
  }
  document.set_fp(std::string(kSignDigits - document.fp().size(), '0') + document.fp());
  document.set_told_by_person(true);
  if (const auto fits = records::check(document); !fits) return malformed(fits.error().message);
  auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  auto& receipt = locked->row;
  const auto attempt = choose(*locked, order.attempt);
  if (!attempt) return tl::unexpected(attempt.error());
  if (auto conflict = claim(tx, document, *attempt, receipt.tenant)) return tl::unexpected(std::move(*conflict));

  const auto next =
      receipts::apply(receipt.snapshot(), Ordered{Verb::resolve_printed, attempt->row.number == receipt.attempts});
  const bool second = receipts::ruling(Verb::resolve_printed, receipt.state).effect == Effect::second_document &&
                      tx.printed_attempts(order.receipt) > 0;  // none: the one it had was taken back
  answer(tx, *attempt, AttemptOutcome::printed, "printed, says " + order.who.name);
  receipt.error.clear();
  receipt.hold_reason.clear();
  if (second) {
    receipt.error = "Напечатан второй фискальный документ: ФН " + document.fn() + " № " + std::to_string(document.fd());
  } else {
    receipt.fiscal = document.SerializeAsString();
  }
  receipt.state = next.state;
  write(tx, order, receipt,
        "resolved as printed: attempt " + std::to_string(attempt->row.number) + ", " + shown(document));
  if (second || receipt.before != State::done) raise(next.alarm, order, *attempt, document);
  return Done{receipt.state, receipt.error, attempt->row.register_id, finished(receipt)};
}

Result<Done> resolve_not_printed(Transaction& tx, const Order& order, const Times& times) {
  auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  auto& receipt = locked->row;
  const auto attempt = choose(*locked, order.attempt);
  if (!attempt) return tl::unexpected(attempt.error());
  if (auto why = undeniable(tx, *attempt, times)) return tl::unexpected(std::move(*why));

  const bool others = others_wait(*locked, *attempt);
  answer(tx, *attempt, AttemptOutcome::not_printed, "not printed, says " + order.who.name);
  if (!others && asks(tx, order.receipt, receipt)) receipt.error.clear();
  if (receipts::ruling(Verb::resolve_not_printed, receipt.state).effect == Effect::denial) {
    receipt.rest_ms = rest_of(tx, *attempt, times);
  }
  receipt.state = receipts::apply(receipt.snapshot(others),
                                  Ordered{Verb::resolve_not_printed, attempt->row.number == receipt.attempts})
                      .state;
  write(tx, order, receipt, "resolved as not printed: attempt " + std::to_string(attempt->row.number));
  std::string note = others ? "other attempts still wait for an answer" : "";
  if (const auto against = contradiction(tx, attempt->row, receipt.tenant); !against.empty()) {
    note += (note.empty() ? "" : "; ") + against;
    log::error("alarm.denial_contradicted", {{"receipt", order.receipt.str()},
                                             {"attempt", attempt->row.number},
                                             {"register", attempt->row.register_id.str()},
                                             {"told_by", order.who.name},
                                             {"detail", against}});
  }
  return Done{receipt.state, note, attempt->row.register_id, {}};
}

Result<Done> fail_receipt(Transaction& tx, const Order& order, const std::string& reason, bool not_printed,
                          const Times& times) {
  if (!is_reason(reason)) return malformed("a reason of 1..500 bytes is needed; the merchant reads it");
  auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  auto& receipt = locked->row;
  if (receipts::ruling(Verb::fail, receipt.state).effect == Effect::refused) {
    return refused(cannot(*locked, Verb::fail));
  }
  std::string action = "failed: " + reason;
  RegisterId answered;
  if (!locked->unanswered.empty()) {
    const auto attempt = choose(*locked, order.attempt);
    if (!not_printed) {
      return refused(names(locked->unanswered) +
                     " may have been printed; only --not-printed, your word that it was not, fails the receipt");
    }
    if (!attempt) return tl::unexpected(attempt.error());
    if (others_wait(*locked, *attempt)) {
      return refused("several attempts may have been printed, resolve all but one first: " + names(locked->unanswered));
    }
    if (auto why = undeniable(tx, *attempt, times)) return tl::unexpected(std::move(*why));
    answer(tx, *attempt, AttemptOutcome::not_printed, "not printed, says " + order.who.name);
    receipt.rest_ms = rest_of(tx, *attempt, times);  // the merchant may print it again at once
    answered = attempt->row.register_id;
    action += "; attempt " + std::to_string(attempt->row.number) + " not printed";
  }
  receipt.state = receipts::apply(receipt.snapshot(), Ordered{Verb::fail}).state;
  receipt.error = reason;
  receipt.hold_reason.clear();
  write(tx, order, receipt, action);
  return Done{receipt.state, {}, answered, finished(receipt)};
}

Result<Done> hold(Transaction& tx, const Order& order, const std::string& reason) {
  if (!is_reason(reason)) return malformed("a reason of 1..500 bytes is needed");
  auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  auto& receipt = locked->row;
  const auto effect = receipts::ruling(Verb::hold, receipt.state).effect;
  if (effect == Effect::refused) return refused(cannot(*locked, Verb::hold));
  receipt.state = receipts::apply(receipt.snapshot(), Ordered{Verb::hold}).state;
  receipt.hold_reason = reason;
  const std::string note =
      effect == Effect::wish ? "it is held once what is under way has ended without a document" : "";
  write(tx, order, receipt, "held: " + reason);
  return Done{receipt.state, note, {}, {}};
}

Result<Done> retry(Transaction& tx, const Order& order) {
  auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  auto& receipt = locked->row;
  const bool unanswered = !locked->unanswered.empty();
  const auto ruling = receipts::ruling(Verb::retry, receipt.state);
  const bool wished = !receipt.hold_reason.empty();
  if (ruling.needs == Needs::wished && !wished) {
    std::string why = "the receipt is " + std::string(receipts::to_string(receipt.state)) + " and nobody holds it";
    if (unanswered) why += "; it goes on once this is answered, by its register or with resolve: ";
    return refused(why + names(locked->unanswered));
  }
  switch (ruling.effect) {
    case Effect::unwish:
      if (!wished) return Done{receipt.state, "it is queued already", {}, {}};
      receipt.hold_reason.clear();
      write(tx, order, receipt, "retried: it is not to be held any more");
      return Done{receipt.state, "it is not to be held any more", {}, {}};
    case Effect::queued:
      if (!journal::make_readable(tx, order.receipt, receipt)) {
        return refused("its record cannot be read by this version; see kassactl set-aside list");
      }
      receipt.state = receipts::apply(receipt.snapshot(unanswered), Ordered{Verb::retry}).state;
      receipt.error.clear();
      receipt.hold_reason.clear();
      write(tx, order, receipt, "retried");
      return Done{receipt.state, unanswered ? "an answer is still missing: " + names(locked->unanswered) : "", {}, {}};
    case Effect::queued_if_untold:
      if (!receipt.readable)
        return refused("its content is erased, or cannot be read; print the check again from the portal");
      tx.wish_retry(order.receipt, order.who.name);
      tx.audit(order.who, subject_of(order.receipt), "retry of a failed receipt wished");
      return Done{State::failed, "it is queued as soon as status has promised not to tell its error", {}, {}};
    case Effect::refused:
      return refused(cannot(*locked, Verb::retry));
    case Effect::document:
    case Effect::second_document:
    case Effect::answer:
    case Effect::denial:
    case Effect::failed:
    case Effect::held:
    case Effect::wish:
    case Effect::reason:
      break;  // of other verbs
  }
  never();
}

Result<Done> erase(Transaction& tx, const Order& order) {
  const auto locked = lock(tx, order);
  if (!locked) return tl::unexpected(locked.error());
  const auto& receipt = locked->row;
  if (receipt.state != State::done && receipt.state != State::failed) {
    return refused("the receipt is " + std::string(receipts::to_string(receipt.state)) +
                   ": only of one that is done or failed the content is needed no more");
  }
  if (!receipt.retry_by.empty()) return refused("somebody wants it printed again: wait until it is done or failed");
  if (!locked->unanswered.empty()) return refused("answer this first, with resolve: " + names(locked->unanswered));
  tx.erase_contents({order.receipt});
  tx.audit(order.who, subject_of(order.receipt), "content erased");
  return Done{receipt.state, "what it was about is erased here; Kafka keeps the post for its retention", {}, {}};
}

namespace {

// The wish as it was read, locked: nullopt when it is no more.
std::optional<Locked> still_wished(Transaction& tx, const Wish& wish) {
  if (!is_open(tx)) return std::nullopt;
  auto receipts = tx.lock_receipts({wish.receipt});
  if (receipts.empty()) return std::nullopt;
  auto& row = receipts.begin()->second;
  if (row.revision != wish.revision || row.state != State::failed || row.retry_by.empty()) return std::nullopt;
  return with_unanswered(tx, wish.receipt, std::move(row));
}

}  // namespace

std::vector<Wish> wishes(Transaction& tx) { return tx.wishes(kWishesLimit); }

bool carry_out(Transaction& tx, const Wish& wish) {
  auto locked = still_wished(tx, wish);
  if (!locked) return false;
  auto& receipt = locked->row;
  const Order order{wish.receipt, by(receipt.retry_by)};
  receipt.state = receipts::apply(receipt.snapshot(!locked->unanswered.empty()), receipts::Step::error_withheld).state;
  receipt.error.clear();
  receipt.hold_reason.clear();
  write(tx, order, receipt, "retried: the error of revision " + std::to_string(wish.revision) + " is never told");
  return true;
}

void take_back(Transaction& tx, const Wish& wish) {
  const auto locked = still_wished(tx, wish);
  if (!locked) return;
  tx.wish_retry(wish.receipt, "");
  tx.audit(by(locked->row.retry_by), subject_of(wish.receipt), "retry taken back: the portal was told that it failed");
}

namespace {

std::optional<Error> ill_named(const audit::Who& who, const std::string& fn) {
  if (!can_be_audited(who)) return Error{kMalformed, kNoActor};
  if (!is_fn(fn)) return Error{kMalformed, kNoFn};
  return std::nullopt;
}

}  // namespace

Result<Done> bind_storage(Transaction& tx, const audit::Who& who, const RegisterId& register_id,
                          const Storage& storage) {
  if (auto why = ill_named(who, storage.fn)) return tl::unexpected(std::move(*why));
  if (!is_open(tx)) return refused(kNotOpen);
  tx.move_storage(storage);
  tx.audit(who, "storage/" + storage.fn, "bound to register " + register_id.str());
  return Done{{}, "FN " + storage.fn + " is bound to " + register_id.str(), register_id, {}};
}

Result<Done> unbook(Transaction& tx, const audit::Who& who, const std::string& fn, std::uint64_t fd) {
  if (auto why = ill_named(who, fn)) return tl::unexpected(std::move(*why));
  if (!is_open(tx)) return refused(kNotOpen);
  const auto name = "document " + std::to_string(fd) + " of FN " + fn;
  const auto none = [&] { return fail(kUnknownDocument, name + " belongs to nobody"); };
  const auto found = fd > INT64_MAX ? std::nullopt : tx.document(fn, fd);
  if (!found) return none();
  std::set<ReceiptId> ids;
  if (!found->receipt.empty()) ids.insert(found->receipt);
  auto receipts = tx.lock_receipts(ids);
  const auto attempt = tx.lock_attempts({found->attempt}, {}).at(found->attempt);
  const auto still = tx.document(fn, fd);
  if (!still || still->attempt != found->attempt) return none();
  tx.unbook(fn, fd);
  std::string action = name + " taken back";
  if (receipts.empty()) {
    action += " from a shift report on " + attempt.register_id.str();
  } else {
    action += " from attempt " + std::to_string(attempt.number);
    tx.write_attempts({{found->attempt,
                        {.outcome = AttemptOutcome::unknown,
                         .question = Question::asked,
                         .detail = name + " was taken back by " + who.name}}});
    auto& receipt = receipts.begin()->second;
    receipt.error = "Документ ФН " + fn + " № " + std::to_string(fd) + " не от этого чека: напечатан ли он, неизвестно";
    receipt.changed = true;
    tx.write_receipts(receipts);
  }
  tx.audit(who, found->receipt.empty() ? "storage/" + fn : subject_of(found->receipt), action);
  const auto of = found->receipt.empty() ? "" : " of receipt " + found->receipt.str();
  return Done{{}, action + of, attempt.register_id, {}};
}

Unsettled unsettled(Transaction& tx, const RegisterId& register_id, const Times& times) {
  if (!is_open(tx)) return {.blockers = {"the journal is not open, see alarm.journal_behind"}, .under_way = true};
  Unsettled result{.blockers = {}, .under_way = true};
  auto& blockers = result.blockers;
  std::map<std::int64_t, AttemptChange> given_up;
  for (const auto& [id, attempt] : tx.lock_unsettled(register_id)) {
    const auto sent = utc(attempt.sent_at_ms);
    if (attempt.receipt.empty()) {
      const auto wait = std::chrono::milliseconds(attempt.sent_at_ms - tx.now_ms()) + times.answer;
      if (wait.count() < 0) {
        given_up[id] = {.outcome = AttemptOutcome::unknown, .detail = "given up: its register is deleted"};
      } else {
        blockers.push_back("the report " + std::string(to_string(attempt.kind)) + " of " + sent + ": try again in " +
                           in_seconds(wait) + " s");
      }
      continue;
    }
    if (attempt.outcome != AttemptOutcome::open) result.under_way = false;
    const auto receipt = attempt.receipt.str();
    const auto number = std::to_string(attempt.number);
    blockers.push_back("receipt " + receipt + ", attempt " + number + " of " + sent +
                       (attempt.outcome == AttemptOutcome::open ? " is open" : " is uncertain") +
                       ": kassactl receipts resolve " + receipt + " --attempt " + number +
                       " --printed … or --not-printed");
  }
  tx.write_attempts(given_up);
  if (blockers.size() > kBlockersShown) blockers.resize(kBlockersShown);
  return result;
}

}  // namespace kassaflow::fiscalizer::people
