#include "attempt_run.hpp"

#include <algorithm>

#include "kassaflow/log/log.hpp"
#include "lease_guard.hpp"

namespace kassaflow::fiscalizer {

using async::Clock;
namespace asio = boost::asio;
using registers::Cause;
using registers::Fact;
using registers::Finding;
using registers::ShiftCommand;

namespace {

constexpr int kRefusals = 2;  // of the same bytes; then a person must look

// The register or its cloud has spoken, and what it said settles nothing: no further question will (rule 8).
bool is_last_word(const Finding& answer) { return answer.fact == Fact::unknown && answer.cause == Cause::ambiguous; }

Finding worker_lost() {
  return registers::finding(Fact::unknown, Cause::ambiguous, "worker_lost",
                            "Работник шлюза, отправивший чек, остановлен; ответ кассы потерян");
}

Finding never_sent() {
  return registers::finding(Fact::not_printed, Cause::transient, "not_sent",
                            "the attempt was given up before anything was sent");
}

}  // namespace

asio::awaitable<std::optional<Finding>> AttemptRun::run(Bytes bytes) {
  if (bytes == Bytes::perhaps_gone && !co_await sender_has_given_up()) co_return end_;
  auto finding = co_await first_word(bytes);
  if (is_certain(finding) || !driver_->capabilities().query_by_key) co_return co_await end_with(std::move(finding));
  co_return co_await settle_by_asking(std::move(finding));
}

// Whoever sent the bytes may live, cut off from the journal, and wait for their answer. How long late bytes may take is
// reckoned from when nobody listens any more (exactly-once.md 6, 7). False: it has ended meanwhile, or is not ours.
asio::awaitable<bool> AttemptRun::sender_has_given_up() {
  const auto by = dependencies_.clock.now() + dependencies_.timers.longest_answer;
  while (!over() && dependencies_.clock.now() < by) co_await wake_.wait_until(by);
  co_return !over();
}

// What is known after the bytes left, or may have left.
asio::awaitable<Finding> AttemptRun::first_word(Bytes bytes) {
  if (bytes == Bytes::never_left) co_return never_sent();
  attempt_.ref.repeated = bytes == Bytes::perhaps_gone;
  if (bytes == Bytes::perhaps_gone && attempt_.send > 1) repeat_is_under_way();
  auto finding = bytes == Bytes::here ? co_await send() : worker_lost();
  // The register answers identical bytes with the earlier result.
  const bool may_repeat = driver_->capabilities().same_key_deduplicated && attempt_.kind == Kind::receipt;
  if (finding.fact == Fact::unknown && may_repeat && !stopping_) co_await send_again(finding);
  co_return finding;
}

asio::awaitable<Finding> AttemptRun::send() {
  LeaseGuard guard(dependencies_.leases, dependencies_.fence);
  Finding finding;
  if (attempt_.kind == Kind::receipt) {
    finding = co_await driver_->send(attempt_.ref, guard);
  } else {
    const auto command = attempt_.kind == Kind::open_shift ? ShiftCommand::open : ShiftCommand::close;
    finding = co_await driver_->send_shift(command, attempt_.ref, guard);
  }
  co_return finding;
}

void AttemptRun::repeat_is_under_way() {
  repeat_arrives_by_ = dependencies_.clock.now() + dependencies_.timers.repost_grace;
}

// The same bytes under the same key once more, when the journal allows it. False: they were not sent.
asio::awaitable<bool> AttemptRun::send_again(Finding& finding) {
  if (dependencies_.leases.may_start(dependencies_.fence.shard) != dependencies_.fence) co_return false;
  const auto send_number = co_await dependencies_.journal.allow_resend(attempt_.id, dependencies_.fence);
  if (!send_number) {
    if (send_number.error().code == kStale) closed_ = true;
    co_return false;
  }
  attempt_.send = *send_number;
  attempt_.ref.repeated = true;
  log::warn(
      "attempt.posted_again",
      {{"receipt", attempt_.receipt.str()}, {"register", dependencies_.register_id.str()}, {"send", *send_number}});
  finding = co_await send();
  if (finding.fact == Fact::unknown) repeat_is_under_way();
  co_return true;
}

// The protocol can be asked: the register takes nothing else until the question is settled (exactly-once.md 7).
asio::awaitable<std::optional<Finding>> AttemptRun::settle_by_asking(Finding finding) {
  const auto& timers = dependencies_.timers;
  Clock::duration pause = finding.fact == Fact::pending ? timers.poll : timers.first_question;
  std::optional<Clock::time_point> absent_since;  // since when every answer was a clean negative
  std::optional<Clock::time_point> left_queue_since;
  int refusals = finding.refused ? 1 : 0;
  std::optional<Finding> refusal = finding.refused ? std::optional(finding) : std::nullopt;
  if (!stopping_) co_await hear(finding);

  while (!over()) {
    co_await wake_.wait_for(pause);
    if (over()) break;
    driver_ = dependencies_.driver();
    if (driver_ == nullptr) continue;
    finding = co_await driver_->ask(attempt_.ref);
    if (is_certain(finding) || is_last_word(finding)) co_return co_await end_with(std::move(finding));
    if (finding.fact != Fact::absent) absent_since.reset();
    if (finding.fact == Fact::unknown) {  // the question itself failed
      pause = std::min<Clock::duration>(pause * 2, dependencies_.settings.retry_max);
      continue;
    }
    const auto now = dependencies_.clock.now();
    if (finding.fact == Fact::pending) {
      pause = pause_between_questions();
      co_await doubt_if_late();
      if (attempt_.ref.remote_id != finding.remote_id) co_await hear(finding);
      if (finding.code != registers::kLeftQueue) left_queue_since.reset();
      if (finding.code == registers::kLeftQueue && !left_queue_since) left_queue_since = now;
      // Left the queue without a result, and stays so: whether it was printed, only a person can find out (§6.3).
      if (left_queue_since && now - *left_queue_since >= timers.repost_grace) {
        finding.fact = Fact::unknown;
        finding.cause = Cause::ambiguous;
        co_return co_await end_with(std::move(finding));
      }
      continue;
    }
    // Absent.
    pause = std::max<Clock::duration>(pause_between_questions(), timers.first_question);
    if (!absent_since) absent_since = now;
    if (now - *absent_since < timers.repost_grace) continue;
    if (!attempt_.ref.remote_id.empty()) continue;  // it was there once: never posted again, the questions go on
    const bool may_repeat = driver_->capabilities().absent_may_be_sent_again && attempt_.kind == Kind::receipt;
    if (!may_repeat) co_return co_await end_with(std::move(finding));
    if (refusals >= kRefusals) {
      refusal->alarm = true;  // words nobody knows, twice (exactly-once.md 8)
      co_return co_await end_with(std::move(*refusal));
    }
    if (!co_await send_again(finding)) continue;
    absent_since.reset();
    if (is_certain(finding)) co_return co_await end_with(std::move(finding));
    if (finding.refused) {
      ++refusals;
      refusal = finding;
    }
    co_await hear(finding);
  }
  co_return end_;
}

// Growing with the time it has waited: a cloud whose register is off for the night is not asked every three seconds.
Clock::duration AttemptRun::pause_between_questions() const {
  constexpr int kQuestionsPerAge = 20;
  const Clock::duration grown = std::min<Clock::duration>(
      (dependencies_.clock.now() - attempt_.opened_at) / kQuestionsPerAge, dependencies_.settings.retry_max);
  return std::max<Clock::duration>(dependencies_.timers.poll, grown);
}

// A document that the cloud has had for too long stays open, and is asked about; a person should know.
asio::awaitable<void> AttemptRun::doubt_if_late() {
  if (late_ || dependencies_.clock.now() - attempt_.opened_at < dependencies_.settings.pending_limit) co_return;
  late_ = true;
  auto doubt = registers::finding(Fact::unknown, Cause::ambiguous, "pending_too_long",
                                  "Документ слишком долго в очереди кассы: напечатан ли он, неизвестно");
  log::error(
      "alarm.pending_too_long",
      {{"receipt", attempt_.receipt.str()}, {"register", dependencies_.register_id.str()}, {"key", attempt_.ref.key}});
  co_await tell(doubt, false);
}

// Not the end, but evidence, and perhaps the name the cloud knows the attempt by.
asio::awaitable<void> AttemptRun::hear(const Finding& finding) {
  if (!finding.remote_id.empty()) attempt_.ref.remote_id = finding.remote_id;
  co_await tell(finding, false);
}

asio::awaitable<std::optional<Finding>> AttemptRun::end_with(Finding finding) {
  const bool closed_before = closed_;
  co_await tell(finding, true);
  if (end_) co_return end_;
  if (shard_lost_ || closed_before) co_return std::nullopt;
  co_return finding;
}

asio::awaitable<void> AttemptRun::tell(const Finding& finding, bool final) {
  Heard heard;
  heard.attempt = attempt_.id;
  heard.key = attempt_.ref.key;
  heard.receipt = attempt_.receipt;
  heard.fence = dependencies_.fence;
  heard.send = attempt_.send;
  heard.final = final;
  heard.provable = !driver_->capabilities().query_by_key;
  heard.finding = finding;
  const auto settled = co_await dependencies_.journal.settle(std::move(heard));
  if (finding.alarm) {
    log::error("alarm.contradiction", {{"receipt", attempt_.receipt.str()},
                                       {"register", dependencies_.register_id.str()},
                                       {"code", finding.code},
                                       {"detail", finding.text}});
  }
  log::write(finding.warning || finding.fact == Fact::unknown ? log::Level::warn : log::Level::info, "attempt.told",
             {{"receipt", attempt_.receipt.str()},
              {"register", dependencies_.register_id.str()},
              {"fact", to_string(finding.fact)},
              {"code", finding.code},
              {"detail", finding.text},
              {"final", final}});
  shard_lost_ = !settled.decided;
  not_its_storage_ = settled.not_its_storage;
}

}  // namespace kassaflow::fiscalizer
