#include "people.hpp"

#include <date/date.h>

#include <algorithm>
#include <cmath>

#include "intake.hpp"
#include "journal_rows.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/attempt.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::people {

using postgres::TextArray;
using receipts::AttemptOutcome;
using receipts::Effect;
using receipts::Needs;
using receipts::State;
using receipts::Verb;

namespace {

constexpr std::size_t kActorLimit = 128;
constexpr std::size_t kReasonLimit = 500;
constexpr std::size_t kSignDigits = 10;  // [1077] as it is told everywhere

// Of attempts on receipts. A question that was never put counts, too: nobody answered it.
constexpr const char* kUnanswered =
    "(outcome is null or (outcome = 'unknown' and question is distinct from 'settled'))";

struct Unanswered {
  std::int64_t id = 0;
  std::uint32_t number = 0;
  RegisterId register_id;
  bool open = false;
  double sent_s = 0;      // since its bytes were last allowed to leave
  double given_up_s = 0;  // since nobody listened for its answer any more, negative: somebody may still
};

struct Locked {
  State state = State::queued;
  std::uint32_t attempts = 0;
  TenantId tenant;
  double age_s = 0;
  std::string error;
  std::string hold_reason;
  bool readable = true;
  std::vector<Unanswered> unanswered;
};

struct Change {
  State state = State::queued;
  std::string error{};
  std::string hold_reason{};
  std::string fiscal{};      // kassaflow.v1.FiscalDocument, empty = stays
  std::int64_t rest_ms = 0;  // nothing is started for it before
};

auto refused(std::string why) { return fail(kRefused, std::move(why)); }
auto malformed(std::string why) { return fail(kMalformed, std::move(why)); }

std::string name(const Unanswered& attempt) {
  return "attempt " + std::to_string(attempt.number) + " on " + attempt.register_id.str();
}

std::string names(const std::vector<Unanswered>& attempts) {
  std::string text;
  for (const auto& attempt : attempts) text += (text.empty() ? "" : ", ") + name(attempt);
  return text;
}

bool is_reason(const std::string& text) {
  return text.size() <= kReasonLimit && !fiscal::trim(text).empty() && text.find('\0') == std::string::npos;
}

Result<Locked> lock(pqxx::work& work, const Order& order, const std::chrono::milliseconds answer = {}) {
  if (order.actor.empty() || order.actor.size() > kActorLimit) {
    return malformed("the audit log needs an actor of at most 128 bytes");
  }
  if (!receipts::is_uuid(order.receipt.str())) return malformed("receipt_id is not a UUID: " + order.receipt.str());
  const auto rows = work.exec_params(
      "select state, attempts, tenant, extract(epoch from now() - accepted_at), error, hold_reason, content is not "
      "null from receipts where id = $1::uuid for update",
      order.receipt.str());
  if (rows.empty()) return fail(kUnknown, "the journal has no receipt " + order.receipt.str());
  Locked locked;
  locked.state = receipts::state_from(rows[0][0].as<std::string>()).value();
  locked.attempts = rows[0][1].as<std::uint32_t>();
  locked.tenant = TenantId(rows[0][2].as<std::string>());
  locked.age_s = rows[0][3].as<double>();
  locked.error = rows[0][4].as<std::string>();
  locked.hold_reason = rows[0][5].as<std::string>();
  locked.readable = rows[0][6].as<bool>();
  for (const auto& row : work.exec_params(
           std::string("select id, number, register, outcome is null, extract(epoch from now() - sent_at), "
                       "extract(epoch from now() - coalesce(finished_at, sent_at + make_interval(secs => $2::bigint / "
                       "1000.0))) from attempts where receipt = $1::uuid and ") +
               kUnanswered + " order by id for update",
           order.receipt.str(), answer.count())) {
    locked.unanswered.push_back({row[0].as<std::int64_t>(), row[1].as<std::uint32_t>(),
                                 RegisterId(row[2].as<std::string>()), row[3].as<bool>(), row[4].as<double>(),
                                 row[5].as<double>()});
  }
  return locked;
}

std::string cannot(const Locked& receipt, Verb verb) {
  std::string why = "the receipt is " + std::string(receipts::to_string(receipt.state)) + ", and " +
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
  const auto found = std::ranges::find(all, number, &Unanswered::number);
  if (found != all.end()) return *found;
  return refused("attempt " + std::to_string(number) + " does not wait for an answer; these do: " + names(all));
}

bool others_wait(const Locked& receipt, const Unanswered& answered) {
  return std::ranges::any_of(receipt.unanswered, [&](const auto& other) { return other.id != answered.id; });
}

void answer(pqxx::work& work, const Unanswered& attempt, AttemptOutcome outcome, const std::string& detail) {
  work.exec_params(
      "update attempts set outcome = $2, question = 'settled', finished_at = coalesce(finished_at, now()), detail = $3 "
      "where id = $1",
      attempt.id, std::string(receipts::to_string(outcome)), detail);
}

// What is decided by a person ends every wish of one.
void write(pqxx::work& work, const ReceiptId& receipt, const Change& change) {
  TextArray fiscal;
  change.fiscal.empty() ? fiscal.add_null() : fiscal.add_bytes(change.fiscal);
  static const std::string kUpdate =
      "update receipts set state = $2, error = $3, hold_reason = $4, retry_by = '', "
      "fiscal = coalesce(($5::bytea[])[1], fiscal), "
      "finished_at = case when $2 not in (" +
      sql::states_in(receipts::Phase::ended) +
      ") then null when state = $2 then finished_at else now() end, "
      "not_before = case when $6::bigint > 0 then greatest(not_before, now() + make_interval(secs => $6::bigint / "
      "1000.0)) else not_before end, "
      "revision = revision + 1, sequence = nextval('journal_sequence'), changed_at = now() where id = $1::uuid";
  work.exec_params(kUpdate, receipt.str(), std::string(receipts::to_string(change.state)), change.error,
                   change.hold_reason, fiscal.str(), change.rest_ms);
}

void audit(pqxx::work& work, const Order& order, const std::string& action) {
  work.exec_params("insert into audit (actor, receipt, action) values ($1, $2::uuid, $3)", order.actor,
                   order.receipt.str(), action);
}

std::optional<Finished> finished(const Locked& receipt, State state) {
  const bool ended = receipts::phase_of(state) == receipts::Phase::ended;
  if (!ended || state == receipt.state) return std::nullopt;
  return Finished{receipt.tenant, state, receipt.age_s};
}

// A person's "not printed" is believed only of bytes nobody is listening for any more, and never against a register
// that has just said the opposite.
std::optional<Error> undeniable(pqxx::work& work, const Unanswered& attempt, const Times& times) {
  const double wait_s = std::chrono::duration<double>(times.answer).count() - attempt.sent_s;
  if (attempt.open && wait_s > 0) {
    return Error{kRefused, name(attempt) + " was sent " + std::to_string(std::lround(attempt.sent_s)) +
                               " s ago and may still be answered; say it again in " +
                               std::to_string(static_cast<long>(std::ceil(wait_s))) + " s"};
  }
  const bool printed = work.exec_params1(
                               "select exists (select 1 from evidence where attempt = $1 and not decided and fact = "
                               "'printed')",
                               attempt.id)[0]
                           .as<bool>();
  if (printed) return Error{kRefused, "the register has just said that " + name(attempt) + " was printed"};
  return std::nullopt;
}

std::int64_t rest_of(const Unanswered& attempt, const Times& times) {
  return std::max<std::int64_t>(0, times.quiet.count() - static_cast<std::int64_t>(attempt.given_up_s * 1000));
}

// exactly-once.md 11; the attempt may have the row already.
std::optional<Error> claim(pqxx::work& work, const v1::FiscalDocument& document, const Unanswered& attempt,
                           const ReceiptId& receipt) {
  work.exec_params(
      "insert into documents (fn, fd, attempt, receipt) values ($1, $2, $3, $4::uuid) on conflict do nothing",
      document.fn(), document.fd(), attempt.id, receipt.str());
  const auto owner = work.exec_params1(
      "select d.attempt, coalesce('attempt ' || a.number || ' of receipt ' || d.receipt, 'a shift report') from "
      "documents d join attempts a on a.id = d.attempt where d.fn = $1 and d.fd = $2",
      document.fn(), document.fd());
  if (owner[0].as<std::int64_t>() == attempt.id) return std::nullopt;
  return Error{kRefused, "document " + std::to_string(document.fd()) + " of FN " + document.fn() + " belongs to " +
                             owner[1].as<std::string>()};
}

std::string shown(const v1::FiscalDocument& document) {
  std::string text = "fn " + document.fn() + " fd " + std::to_string(document.fd()) + " fp " + document.fp();
  if (document.printed_at_s() == 0) return text;
  return text + " at " + date::format("%FT%TZ", date::sys_seconds(std::chrono::seconds(document.printed_at_s())));
}

void raise(receipts::Alarm alarm, const Order& order, const Unanswered& attempt, const v1::FiscalDocument& document) {
  if (alarm == receipts::Alarm::none) return;
  log::error(alarm == receipts::Alarm::second_document ? "alarm.second_document" : "alarm.printed_after_denial",
             {{"receipt", order.receipt.str()},
              {"attempt", attempt.number},
              {"register", attempt.register_id.str()},
              {"fn", document.fn()},
              {"fd", static_cast<std::int64_t>(document.fd())},
              {"told_by", order.actor}});
}

// The receipt's error is the question that a person answers now; not why it failed or is held, nor that it was printed
// twice.
bool asks(pqxx::work& work, const ReceiptId& id, const Locked& receipt) {
  if (receipt.state != State::done) return receipt.state == State::printing || receipt.state == State::uncertain;
  return work
      .exec_params1("select count(*) < 2 from attempts where receipt = $1::uuid and outcome = 'printed'", id.str())[0]
      .as<bool>();
}

}  // namespace

Result<Done> resolve_printed(pqxx::work& work, const Order& order, v1::FiscalDocument document) {
  if (document.fn().size() != 16 || !ascii::all_digits(document.fn()))
    return malformed("fn is the 16 digits of the storage");
  if (document.fd() == 0 || document.fd() > UINT32_MAX) return malformed("fd is the number of the document, from 1");
  if (document.fp().empty() || document.fp().size() > kSignDigits || !ascii::all_digits(document.fp())) {
    return malformed("fp is the fiscal sign, at most 10 digits");
  }
  document.set_fp(std::string(kSignDigits - document.fp().size(), '0') + document.fp());
  document.set_told_by_person(true);
  const auto receipt = lock(work, order);
  if (!receipt) return tl::unexpected(receipt.error());
  const auto attempt = choose(*receipt, order.attempt);
  if (!attempt) return tl::unexpected(attempt.error());
  if (auto conflict = claim(work, document, *attempt, order.receipt)) return tl::unexpected(std::move(*conflict));

  const auto decision =
      receipts::on_evidence(receipt->state, receipts::Evidence::printed, attempt->number == receipt->attempts);
  answer(work, *attempt, AttemptOutcome::printed, "printed, says " + order.actor);
  Change change{.state = decision.state};
  if (receipts::ruling(Verb::resolve_printed, receipt->state).effect == Effect::second_document) {
    change.error = "Напечатан второй фискальный документ: ФН " + document.fn() + " № " + std::to_string(document.fd());
  } else {
    change.fiscal = document.SerializeAsString();
  }
  write(work, order.receipt, change);
  raise(decision.alarm, order, *attempt, document);
  audit(work, order, "resolved as printed: attempt " + std::to_string(attempt->number) + ", " + shown(document));
  return Done{decision.state, change.error, attempt->register_id, finished(*receipt, decision.state)};
}

Result<Done> resolve_not_printed(pqxx::work& work, const Order& order, const Times& times) {
  const auto receipt = lock(work, order, times.answer);
  if (!receipt) return tl::unexpected(receipt.error());
  const auto attempt = choose(*receipt, order.attempt);
  if (!attempt) return tl::unexpected(attempt.error());
  if (auto why = undeniable(work, *attempt, times)) return tl::unexpected(std::move(*why));

  const bool others = others_wait(*receipt, *attempt);
  const auto state = receipts::on_denial(receipt->state, attempt->number == receipt->attempts,
                                         {.unanswered = others, .hold_wanted = !receipt->hold_reason.empty()});
  answer(work, *attempt, AttemptOutcome::not_printed, "not printed, says " + order.actor);
  Change change{.state = state, .error = receipt->error, .hold_reason = receipt->hold_reason};
  if (!others && asks(work, order.receipt, *receipt)) change.error.clear();
  if (receipts::ruling(Verb::resolve_not_printed, receipt->state).effect == Effect::denial) {
    change.rest_ms = rest_of(*attempt, times);
  }
  write(work, order.receipt, change);
  audit(work, order, "resolved as not printed: attempt " + std::to_string(attempt->number));
  Done done{state, {}, attempt->register_id, std::nullopt};
  if (others) done.note = "other attempts still wait for an answer";
  return done;
}

Result<Done> fail_receipt(pqxx::work& work, const Order& order, const std::string& reason, bool not_printed,
                          const Times& times) {
  if (!is_reason(reason)) return malformed("a reason of 1..500 bytes is needed; the merchant reads it");
  const auto receipt = lock(work, order, times.answer);
  if (!receipt) return tl::unexpected(receipt.error());
  if (receipts::ruling(Verb::fail, receipt->state).effect == Effect::refused) {
    return refused(cannot(*receipt, Verb::fail));
  }
  Change change{.state = State::failed, .error = reason};
  Done done{State::failed, {}, {}, finished(*receipt, State::failed)};
  std::string action = "failed: " + reason;
  if (!receipt->unanswered.empty()) {
    const auto attempt = choose(*receipt, order.attempt);
    if (!not_printed) {
      return refused(names(receipt->unanswered) +
                     " may have been printed; only --not-printed, your word that it was not, fails the receipt");
    }
    if (!attempt) return tl::unexpected(attempt.error());
    if (others_wait(*receipt, *attempt)) {
      return refused("several attempts may have been printed, resolve all but one first: " +
                     names(receipt->unanswered));
    }
    if (auto why = undeniable(work, *attempt, times)) return tl::unexpected(std::move(*why));
    answer(work, *attempt, AttemptOutcome::not_printed, "not printed, says " + order.actor);
    change.rest_ms = rest_of(*attempt, times);  // the merchant may print it again at once
    done.register_id = attempt->register_id;
    action += "; attempt " + std::to_string(attempt->number) + " not printed";
  }
  write(work, order.receipt, change);
  audit(work, order, action);
  return done;
}

Result<Done> hold(pqxx::work& work, const Order& order, const std::string& reason) {
  if (!is_reason(reason)) return malformed("a reason of 1..500 bytes is needed");
  const auto receipt = lock(work, order);
  if (!receipt) return tl::unexpected(receipt.error());
  Change change{.state = receipt->state, .error = receipt->error, .hold_reason = reason};
  Done done;
  switch (receipts::ruling(Verb::hold, receipt->state).effect) {
    case Effect::held:
      change.state = State::held;
      break;
    case Effect::wish:
      done.note = "it is held once what is under way has ended without a document";
      break;
    case Effect::reason:
      break;
    case Effect::refused:
      return refused(cannot(*receipt, Verb::hold));
    case Effect::document:
    case Effect::second_document:
    case Effect::answer:
    case Effect::denial:
    case Effect::failed:
    case Effect::unwish:
    case Effect::queued:
    case Effect::queued_if_untold:
      never();  // of other verbs
  }
  write(work, order.receipt, change);
  audit(work, order, "held: " + reason);
  done.state = change.state;
  return done;
}

Result<Done> retry(pqxx::work& work, const Order& order) {
  const auto receipt = lock(work, order);
  if (!receipt) return tl::unexpected(receipt.error());
  const receipts::Blocks blocks{.unanswered = !receipt->unanswered.empty()};
  const auto ruling = receipts::ruling(Verb::retry, receipt->state);
  const bool wished = !receipt->hold_reason.empty();
  if (ruling.needs == Needs::wished && !wished) {
    std::string why = "the receipt is " + std::string(receipts::to_string(receipt->state)) + " and nobody holds it";
    if (blocks.unanswered) why += "; it goes on once this is answered, by its register or with resolve: ";
    return refused(why + names(receipt->unanswered));
  }
  switch (ruling.effect) {
    case Effect::unwish: {
      if (!wished) return Done{receipt->state, "it is queued already", {}, std::nullopt};
      write(work, order.receipt, {.state = receipt->state, .error = receipt->error});
      audit(work, order, "retried: it is not to be held any more");
      return Done{receipt->state, "it is not to be held any more", {}, std::nullopt};
    }
    case Effect::queued: {
      if (!content_is_readable(work, order.receipt)) {
        return refused("its record cannot be read by this version; see table unreadable of the journal");
      }
      const auto state = receipts::kept_back(State::queued, blocks);
      write(work, order.receipt, {.state = state});
      audit(work, order, "retried");
      return Done{state, blocks.unanswered ? "an answer is still missing: " + names(receipt->unanswered) : "", {}, {}};
    }
    case Effect::queued_if_untold: {
      if (!receipt->readable) return refused("its record cannot be read; print the check again from the portal");
      work.exec_params("update receipts set retry_by = $2 where id = $1::uuid", order.receipt.str(), order.actor);
      audit(work, order, "retry of a failed receipt wished");
      return Done{State::failed, "it is queued as soon as status has promised not to tell its error", {}, {}};
    }
    case Effect::refused:
      return refused(cannot(*receipt, Verb::retry));
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

namespace {

constexpr const char* kWishes = "select id, revision from receipts where retry_by <> '' and state = 'failed' ";

std::vector<Wish> read(const pqxx::result& rows) {
  std::vector<Wish> found;
  for (const auto& row : rows) found.push_back({ReceiptId(row[0].as<std::string>()), row[1].as<std::uint64_t>()});
  return found;
}

// The wish as it was read, locked: empty when it is no more.
std::optional<Order> still_wished(pqxx::work& work, const Wish& wish) {
  const auto rows = work.exec_params(
      "select retry_by from receipts where id = $1::uuid and revision = $2 and state = 'failed' and retry_by <> '' for "
      "update",
      wish.receipt.str(), wish.revision);
  if (rows.empty()) return std::nullopt;
  return Order{wish.receipt, rows[0][0].as<std::string>()};
}

}  // namespace

std::vector<Wish> wishes(pqxx::work& work) { return read(work.exec(std::string(kWishes) + "order by id limit 100")); }

std::optional<Wish> wish_of(pqxx::work& work, const ReceiptId& receipt) {
  const auto found = read(work.exec_params(std::string(kWishes) + "and id = $1::uuid", receipt.str()));
  return found.empty() ? std::nullopt : std::optional(found.front());
}

bool carry_out(pqxx::work& work, const Wish& wish) {
  const auto order = still_wished(work, wish);
  if (!order) return false;
  const auto receipt = lock(work, *order);
  if (!receipt) return false;
  write(work, wish.receipt,
        {.state = receipts::kept_back(State::queued, {.unanswered = !receipt->unanswered.empty()})});
  audit(work, *order, "retried: the error of revision " + std::to_string(wish.revision) + " is never told");
  return true;
}

void take_back(pqxx::work& work, const Wish& wish) {
  const auto order = still_wished(work, wish);
  if (!order) return;
  work.exec_params("update receipts set retry_by = '' where id = $1::uuid", wish.receipt.str());
  audit(work, *order, "retry taken back: the portal was told that it failed");
}

std::vector<std::string> unsettled(pqxx::work& work, const RegisterId& register_id, const Times& times) {
  work.exec_params(
      "update attempts set outcome = 'unknown', finished_at = now(), detail = 'given up: its register is deleted' "
      "where id in (select id from attempts where register = $1 and receipt is null and outcome is null and "
      "sent_at < now() - make_interval(secs => $2::bigint / 1000.0) order by id for update)",
      register_id.str(), times.answer.count());
  std::vector<std::string> blockers;
  for (const auto& row : work.exec_params(
           std::string(
               "select receipt, number, outcome is null, kind, to_char(sent_at at time zone 'UTC', "
               "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), ceil(extract(epoch from sent_at - now()) + $2::bigint / "
               "1000.0)::bigint from attempts where register = $1 and case when receipt is null then outcome is "
               "null else ") +
               kUnanswered + " end order by id limit 10",
           register_id.str(), times.answer.count())) {
    const auto sent = row[4].as<std::string>();
    if (row[0].is_null()) {
      blockers.push_back("the report " + row[3].as<std::string>() + " of " + sent + ": try again in " +
                         row[5].as<std::string>() + " s");
      continue;
    }
    const auto receipt = row[0].as<std::string>();
    const auto number = row[1].as<std::string>();
    blockers.push_back("receipt " + receipt + ", attempt " + number + " of " + sent +
                       (row[2].as<bool>() ? " is open" : " is uncertain") + ": kassactl receipts resolve " + receipt +
                       " --attempt " + number + " --printed … or --not-printed");
  }
  return blockers;
}

}  // namespace kassaflow::fiscalizer::people
