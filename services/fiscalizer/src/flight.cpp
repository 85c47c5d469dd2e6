// One attempt's way: its bytes leave once, what the register tells goes into the journal, a lost answer is followed to
// an end that is certain, or to a person (exactly-once.md 2, 3, 5-8).

#include <algorithm>

#include "journal_rows.hpp"
#include "kassaflow/runtime/log.hpp"
#include "lane.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using registers::Cause;
using registers::Fact;
using registers::ShiftCommand;
using runtime::Level;
using runtime::log;

namespace {

constexpr int kRefusals = 2;  // of the same bytes; then a person must look

bool is_certain(const registers::Finding& finding) {
  return finding.fact == Fact::printed || finding.fact == Fact::not_printed;
}

// The register or its cloud has spoken, and what it said settles nothing: no further question will (rule 8).
bool is_last_word(const registers::Finding& answer) {
  return answer.fact == Fact::unknown && answer.cause == Cause::ambiguous;
}

}  // namespace

asio::awaitable<void> Lane::fly(bool recovered) {
  closed_ = false;
  auto finding = co_await first_word(recovered);
  if (!is_certain(finding) && driver_->capabilities().query_by_key) {
    co_await settle_by_asking(std::move(finding));
  } else {
    co_await tell(finding, true);
  }
  flight_.reset();
}

// What is known after the bytes left, or, of a recovered attempt, may have left.
asio::awaitable<registers::Finding> Lane::first_word(bool recovered) {
  const bool may_repeat = driver_->capabilities().same_key_deduplicated && flight_->kind == Kind::receipt;
  Finding finding;
  if (recovered) {
    finding.fact = Fact::unknown;
    finding.cause = Cause::ambiguous;
    finding.code = "worker_lost";
    finding.text = "Работник шлюза, отправивший чек, остановлен; ответ кассы потерян";
  } else {
    finding = co_await send();
  }
  // Verified deduplication: the identical packet answers with the earlier result (bit-driver.md §8.1).
  if (finding.fact == Fact::unknown && may_repeat && !stopping_) co_await send_again(finding);
  co_return finding;
}

asio::awaitable<registers::Finding> Lane::send() {
  LeaseGuard guard(context_.leases, shard_, epoch_);
  sending_ = true;
  Finding finding;
  if (flight_->kind == Kind::receipt) {
    finding = co_await driver_->send(flight_->ref, guard);
  } else {
    const auto command = flight_->kind == Kind::open_shift ? ShiftCommand::open : ShiftCommand::close;
    finding = co_await driver_->send_shift(command, flight_->ref, guard);
  }
  sending_ = false;
  co_return finding;
}

// The same bytes under the same key once more, when the journal allows it. False: they were not sent.
asio::awaitable<bool> Lane::send_again(Finding& finding) {
  if (!may_start()) co_return false;
  const auto send_number = co_await context_.journal.allow_resend(flight_->attempt, shard_, epoch_);
  if (!send_number) {
    if (send_number.error().code == "journal.stale") closed_ = true;
    co_return false;
  }
  flight_->send = *send_number;
  flight_->ref.repeated = true;
  log(Level::warn, "attempt.posted_again",
      {{"receipt", flight_->receipt}, {"register", register_id_}, {"send", *send_number}});
  finding = co_await send();
  co_return true;
}

// The protocol can be asked: the register takes nothing else until the question is settled (exactly-once.md 7).
asio::awaitable<void> Lane::settle_by_asking(Finding finding) {
  const auto& settings = context_.settings;
  Clock::duration pause = finding.fact == Fact::pending ? Clock::duration(settings.itkassa_poll)
                                                        : Clock::duration(settings.itkassa_query_delay);
  std::optional<Clock::time_point> absent_since;  // since when every answer was a clean negative
  std::optional<Clock::time_point> left_queue_since;
  int refusals = finding.refused ? 1 : 0;
  std::optional<Finding> refusal = finding.refused ? std::optional(finding) : std::nullopt;
  const auto adopt = [&](const Finding& told) -> asio::awaitable<void> {
    if (!told.remote_id.empty()) flight_->ref.remote_id = told.remote_id;
    co_await tell(told, false);
  };
  if (!stopping_) co_await adopt(finding);

  while (!stopping_ && !closed_) {
    co_await wake_.wait_for(pause);
    if (stopping_ || closed_) break;
    refresh_driver();  // new credentials are in force for what is under way, too
    if (!driver_) continue;
    finding = co_await driver_->ask(flight_->ref);
    if (is_certain(finding) || is_last_word(finding)) co_return co_await tell(finding, true);
    if (finding.fact != Fact::absent) absent_since.reset();
    if (finding.fact == Fact::unknown) {  // the question itself failed
      pause = std::min<Clock::duration>(pause * 2, settings.retry_max);
      continue;
    }
    const auto now = Clock::now();
    if (finding.fact == Fact::pending) {
      pause = settings.itkassa_poll;
      if (flight_->ref.remote_id != finding.remote_id) co_await adopt(finding);
      if (finding.code != registers::kLeftQueue) left_queue_since.reset();
      if (finding.code == registers::kLeftQueue && !left_queue_since) left_queue_since = now;
      // Left the queue without a result, and stays so: whether it was printed, only a person can find out (§6.3).
      if (left_queue_since && now - *left_queue_since >= settings.itkassa_repost_grace) {
        finding.fact = Fact::unknown;
        finding.cause = Cause::ambiguous;
        co_return co_await tell(finding, true);
      }
      continue;
    }
    // Absent.
    pause = std::max<Clock::duration>(settings.itkassa_poll, settings.itkassa_query_delay);
    if (!absent_since) absent_since = now;
    if (now - *absent_since < settings.itkassa_repost_grace) continue;
    if (!flight_->ref.remote_id.empty()) continue;  // it was there once: never posted again, the questions go on
    const bool may_repeat = register_->settings.exclusive && flight_->kind == Kind::receipt;
    if (!may_repeat) co_return co_await tell(finding, true);
    if (refusals >= kRefusals) co_return co_await tell(*refusal, true);
    if (!co_await send_again(finding)) continue;
    absent_since.reset();
    if (is_certain(finding)) co_return co_await tell(finding, true);
    if (finding.refused) {
      ++refusals;
      refusal = finding;
    }
    co_await adopt(finding);
  }
  if (closed_) must_remember_ = true;
}

asio::awaitable<void> Lane::tell(const Finding& finding, bool final) {
  Told told;
  told.attempt = flight_->attempt;
  told.shard = shard_;
  told.epoch = epoch_;
  told.send = flight_->send;
  told.final = final;
  told.provable = provable(flight_->kind);
  told.finding = finding;
  const auto settled = co_await context_.journal.settle(std::move(told));
  if (finding.alarm) {
    log(Level::error, "alarm.contradiction",
        {{"receipt", flight_->receipt}, {"register", register_id_}, {"code", finding.code}, {"detail", finding.text}});
  }
  log(finding.warning || finding.fact == Fact::unknown ? Level::warn : Level::info, "attempt.told",
      {{"receipt", flight_->receipt},
       {"register", register_id_},
       {"fact", sql::word(finding.fact)},
       {"code", finding.code},
       {"detail", finding.text},
       {"final", final}});
  if (!settled.decided) {  // the shard was lost meanwhile: its owner decides
    stopping_ = true;
    co_return;
  }
  if (!final) co_return;
  // What is at the head of the queue may have changed.
  if (finding.fact == Fact::not_printed || !memory_.questions.empty()) context_.dispatcher.read_again(pool_);
  learn(finding);
}

}  // namespace kassaflow::fiscalizer
