#include "lane.hpp"

#include <algorithm>

#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/runtime/log.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using registers::Cause;
using registers::Fact;
using registers::ShiftCommand;
using runtime::Level;
using runtime::log;

namespace {
constexpr int kShiftLoops = 3;  // then a person must look: reports are paper and documents
constexpr std::int64_t kShiftLongest_s = 23 * 3600 + 30 * 60;  // the law allows 24 h (ffd.md §6)
constexpr std::size_t kProbesAtOnce = 1;                       // rule 6: exactly one next receipt is offered

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}
}  // namespace

Lane::Lane(LaneContext context, std::string register_id, std::string pool, int shard, std::int64_t epoch)
    : context_(std::move(context)),
      register_id_(std::move(register_id)),
      pool_(std::move(pool)),
      shard_(shard),
      epoch_(epoch),
      wake_(context_.executor) {}

void Lane::stop() {
  stopping_ = true;
  wake_.notify();
  context_.dispatcher.cancel(register_id_);
}

asio::awaitable<void> Lane::run() {
  while (!stopping_) co_await step();
  set_up(false, "not driven by this worker");
  finished_ = true;
}

// One step of a register's life; each returns to the top, where the order of concerns is the order of the rules.
asio::awaitable<void> Lane::step() {
  if (!refresh_driver()) {
    stopping_ = true;
    co_return;
  }
  if (must_remember_) {
    co_await remember();
  } else if (memory_.open) {
    co_await recover(*std::exchange(memory_.open, std::nullopt));
  } else if (context_.leases.may_start(shard_) != epoch_) {
    co_await wake_.wait_for(context_.settings.lease / 5);
  } else if (Clock::now() < rest_until_) {
    co_await wake_.wait_until(rest_until_);
  } else if (!up_) {
    co_await probe();
  } else if (memory_.questions.size() > kProbesAtOnce) {
    set_up(false, "two uncertain documents: a person must settle one of them");
    co_await wake_.wait_for(context_.settings.register_health);
    must_remember_ = true;
  } else if (resting()) {
    co_await wake_.wait_until(quiet_until_);
  } else if (shift_due_) {
    co_await report(*shift_due_);
  } else if (shift_must_close()) {
    shift_due_ = ShiftCommand::close;
  } else {
    co_await print_next();
  }
}

bool Lane::refresh_driver() {
  auto current = context_.find_register(register_id_);
  if (!current) return false;
  if (current != register_) {
    register_ = std::move(current);
    driver_ = registers::make_driver(
        register_->settings,
        {context_.settings.itkassa_timeout, context_.settings.bit_connect_timeout, context_.settings.bit_timeout},
        context_.addresses);
    up_ = false;
  }
  return true;
}

asio::awaitable<void> Lane::remember() {
  auto memory = co_await context_.journal.remember(register_->settings.identity);
  if (!memory) {
    co_await wake_.wait_for(context_.settings.retry_min);
    co_return;
  }
  const bool new_question = memory->questions.size() > memory_.questions.size();
  memory_ = std::move(*memory);
  must_remember_ = false;
  // Whoever asked the question: a full quiet time by our own clock, for wall time decides nothing.
  if (new_question) quiet_until_ = Clock::now() + context_.settings.bit_quiet;
}

asio::awaitable<void> Lane::probe() {
  const auto health = co_await driver_->probe();
  if (stopping_) co_return;
  if (health.up) {
    set_up(true, health.detail);
  } else {
    set_up(false, health.detail);
    co_await wake_.wait_for(context_.settings.register_health);
  }
}

bool Lane::resting() const { return !memory_.questions.empty() && Clock::now() < quiet_until_; }

bool Lane::shift_must_close() const {
  return !driver_->capabilities().manages_shifts && memory_.shift == "open" && memory_.shift_opened_at_s != 0 &&
         now_s() - memory_.shift_opened_at_s > kShiftLongest_s;
}

asio::awaitable<void> Lane::print_next() {
  const auto until = Clock::now() + context_.settings.register_health;
  auto receipt = co_await context_.dispatcher.next(pool_, {register_id_, expected_ms_}, until);
  if (!receipt) {
    if (Clock::now() >= until) up_ = false;  // idle for a while: look whether it is still there
    co_return;
  }
  if (stopping_ || context_.leases.may_start(shard_) != epoch_) {
    context_.dispatcher.release(receipt->id);
    co_return;
  }
  const auto id = receipt->id;
  co_await print(std::move(*receipt));
  context_.dispatcher.release(id);
  context_.dispatcher.kick();
}

asio::awaitable<void> Lane::print(Queued queued) {
  const auto pool = context_.find_pool(pool_);
  v1::Receipt record;
  if (!pool || !record.ParseFromString(queued.content)) {
    log(Level::error, "receipt.unreadable", {{"receipt", queued.id}});
    co_return co_await context_.journal.refuse(queued, shard_, epoch_, "Содержимое чека не читается");
  }
  const auto receipt = records::from_record(record);
  const auto number = queued.attempts + 1;
  const auto key = register_->settings.protocol == "bit" ? receipts::numeric_attempt_key(queued.id, number)
                                                         : receipts::attempt_key(queued.id, number);
  auto rendered = receipt ? driver_->render(*receipt, pool->till, key) : tl::unexpected(receipt.error());
  if (!rendered) {
    if (context_.dispatcher.unable(queued, register_id_, context_.registers_of_pool(pool_))) {
      log(Level::warn, "receipt.refused",
          {{"receipt", queued.id}, {"register", register_id_}, {"code", rendered.error().code}});
      co_await context_.journal.refuse(queued, shard_, epoch_, rendered.error().message);
    }
    co_return;
  }

  NewAttempt attempt;
  attempt.receipt = queued.id;
  attempt.revision = queued.revision;
  attempt.generation = queued.generation;
  attempt.number = number;
  attempt.register_id = register_id_;
  attempt.identity = register_->settings.identity;
  attempt.pool = pool_;
  attempt.shard = shard_;
  attempt.epoch = epoch_;
  attempt.key = key;
  attempt.request = rendered->body;
  attempt.fn_before = memory_.fn;
  attempt.fd_before = memory_.highest_fd;
  attempt.proves = memory_.questions.empty() ? 0 : memory_.questions.front();
  in_flight_ = true;
  const auto opened = co_await context_.journal.open_attempt(std::move(attempt));
  if (!opened) {
    log(Level::info, "attempt.not_opened",
        {{"receipt", queued.id}, {"register", register_id_}, {"code", opened.error().code}});
    in_flight_ = false;
    must_remember_ = true;
    co_return;
  }
  flight_ = Flight{
      *opened, {key, "", rendered->body, receipt->total.value(), receipt->sign, false}, queued.id, Kind::receipt};
  log(Level::info, "attempt.opened", {{"receipt", queued.id}, {"attempt", number}, {"register", register_id_}});
  const auto started = Clock::now();
  co_await fly(true);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count();
  expected_ms_ = (expected_ms_ * 7 + took) / 8;
}

asio::awaitable<void> Lane::report(ShiftCommand command) {
  const auto pool = context_.find_pool(pool_);
  if (!pool || shift_loops_ >= kShiftLoops) {
    shift_due_.reset();
    shift_loops_ = 0;
    back_off("the shift cannot be opened or closed");
    log(Level::error, "alarm.shift", {{"register", register_id_}});
    co_return;
  }
  ++shift_loops_;
  const auto key = receipts::numeric_attempt_key(
      "shift/" + register_->settings.identity + "/" + receipts::new_post_id(now_s() * 1000), 1);
  NewAttempt attempt;
  attempt.kind = command == ShiftCommand::open ? Kind::open_shift : Kind::close_shift;
  attempt.register_id = register_id_;
  attempt.identity = register_->settings.identity;
  attempt.pool = pool_;
  attempt.shard = shard_;
  attempt.epoch = epoch_;
  attempt.key = key;
  attempt.request = driver_->render_shift(command, pool->till, key).body;
  attempt.fn_before = memory_.fn;
  attempt.fd_before = memory_.highest_fd;
  attempt.proves = memory_.questions.empty() ? 0 : memory_.questions.front();
  const auto kind = attempt.kind;
  const auto request = attempt.request;
  in_flight_ = true;
  const auto opened = co_await context_.journal.open_attempt(std::move(attempt));
  if (!opened) {
    in_flight_ = false;
    must_remember_ = true;
    co_return;
  }
  flight_ = Flight{*opened, {key, "", request, 0, fiscal::Sign::income, false}, "", kind};
  log(Level::info, "shift.report", {{"register", register_id_}, {"command", to_string(kind)}});
  co_await fly(true);
}

// An attempt opened by a worker that is gone: its bytes may have left.
asio::awaitable<void> Lane::recover(Attempt attempt) {
  registers::AttemptRef ref{attempt.key, attempt.remote_id, attempt.request, 0, fiscal::Sign::income, true};
  v1::Receipt record;
  if (attempt.kind == Kind::receipt && record.ParseFromString(attempt.content)) {
    ref.total_kopecks = record.total_kopecks();
    ref.sign = static_cast<fiscal::Sign>(record.sign());
  }
  flight_ = Flight{attempt.id, std::move(ref), attempt.receipt, attempt.kind};
  in_flight_ = true;
  log(Level::warn, "attempt.recovered", {{"receipt", attempt.receipt}, {"register", register_id_}});
  co_await fly(false);
}

asio::awaitable<void> Lane::fly(bool first) {
  const auto can = driver_->capabilities();
  Finding finding;
  if (first || (can.same_key_deduplicated && flight_->kind == Kind::receipt)) {
    finding = co_await send();
  } else {
    finding.fact = Fact::unknown;
    finding.cause = Cause::ambiguous;
    finding.code = "worker_lost";
    finding.text = "the worker that sent it is gone";
  }
  if (finding.fact == Fact::unknown && can.same_key_deduplicated && flight_->kind == Kind::receipt &&
      finding.code != "worker_lost" && !stopping_) {
    // Verified deduplication: the identical packet answers with the earlier result (bit-driver.md §8.1).
    flight_->ref.repeated = true;
    if (co_await context_.journal.allow_resend(flight_->attempt, shard_, epoch_)) finding = co_await send();
  }
  const bool settled = finding.fact == Fact::printed || finding.fact == Fact::not_printed;
  if (!settled && can.query_by_key && flight_->kind == Kind::receipt) {
    co_await settle_by_asking(std::move(finding));
  } else {
    co_await tell(finding, true);
  }
  flight_.reset();
  delivered_.reset();
  in_flight_ = false;
}

asio::awaitable<registers::Finding> Lane::send() {
  LeaseGuard guard(context_.leases, shard_, epoch_);
  if (flight_->kind == Kind::receipt) co_return co_await driver_->send(flight_->ref, guard);
  co_return co_await driver_->send_shift(flight_->kind == Kind::open_shift ? ShiftCommand::open : ShiftCommand::close,
                                         flight_->ref, guard);
}

// The protocol can be asked (itkassa): the register takes nothing else until the question is settled (exactly-once.md
// 7).
asio::awaitable<void> Lane::settle_by_asking(Finding finding) {
  const auto& settings = context_.settings;
  std::optional<Clock::time_point> clean_since;  // since when every question was answered with a clean negative
  Clock::duration pause = finding.fact == Fact::pending ? Clock::duration(settings.itkassa_poll)
                                                        : Clock::duration(settings.itkassa_query_delay);
  if (!stopping_) co_await tell(finding, false);

  while (!stopping_) {
    co_await wake_.wait_for(pause);
    if (stopping_) break;
    if (delivered_) {
      finding = *std::exchange(delivered_, std::nullopt);
    } else {
      finding = co_await driver_->ask(flight_->ref);
    }
    switch (finding.fact) {
      case Fact::printed:
      case Fact::not_printed:
        co_return co_await tell(finding, true);
      case Fact::pending:
        clean_since.reset();
        if (flight_->ref.remote_id != finding.remote_id) {
          flight_->ref.remote_id = finding.remote_id;
          co_await tell(finding, false);
        }
        pause = settings.itkassa_poll;
        break;
      case Fact::unknown:
        clean_since.reset();
        pause = std::min<Clock::duration>(pause * 2, settings.retry_max);
        break;
      case Fact::absent: {
        const auto now = Clock::now();
        if (!clean_since) clean_since = now;
        pause = std::max<Clock::duration>(settings.itkassa_poll, settings.itkassa_query_delay);
        if (now - *clean_since < settings.itkassa_repost_grace) break;
        if (!flight_->ref.remote_id.empty()) break;  // it was there once: never posted again, the questions go on
        if (!register_->settings.exclusive) co_return co_await tell(finding, true);
        if (context_.leases.may_start(shard_) != epoch_ ||
            !co_await context_.journal.allow_resend(flight_->attempt, shard_, epoch_))
          break;
        log(Level::warn, "attempt.posted_again", {{"receipt", flight_->receipt}, {"register", register_id_}});
        flight_->ref.repeated = true;
        finding = co_await send();
        clean_since.reset();
        if (finding.fact == Fact::printed || (finding.fact == Fact::not_printed && finding.cause == Cause::data)) {
          co_return co_await tell(finding, true);
        }
        if (finding.fact == Fact::pending) {
          flight_->ref.remote_id = finding.remote_id;
          co_await tell(finding, false);
        }
        break;
      }
    }
  }
}

asio::awaitable<void> Lane::tell(const Finding& finding, bool final) {
  Told told;
  told.attempt = flight_->attempt;
  told.shard = shard_;
  told.epoch = epoch_;
  told.final = final;
  told.finding = finding;
  const auto settled = co_await context_.journal.settle(std::move(told));
  if (finding.alarm) {
    log(Level::error, "alarm.contradiction",
        {{"receipt", flight_->receipt}, {"register", register_id_}, {"code", finding.code}, {"detail", finding.text}});
  }
  log(finding.warning || finding.fact == Fact::unknown ? Level::warn : Level::info, "attempt.told",
      {{"receipt", flight_->receipt},
       {"register", register_id_},
       {"fact", finding.fact == Fact::printed       ? "printed"
                : finding.fact == Fact::not_printed ? "not_printed"
                : finding.fact == Fact::pending     ? "pending"
                : finding.fact == Fact::absent      ? "absent"
                                                    : "unknown"},
       {"code", finding.code},
       {"detail", finding.text},
       {"final", final}});
  if (!settled.decided) {  // the shard was lost meanwhile: its owner decides
    stopping_ = true;
    co_return;
  }
  if (final) {
    must_remember_ = true;
    learn(finding);
  }
}

void Lane::learn(const Finding& finding) {
  const bool shift_report = flight_->kind != Kind::receipt;
  if (finding.fact == Fact::printed) {
    failures_ = 0;
    if (shift_report) {
      const bool closed = flight_->kind == Kind::close_shift;
      shift_due_ = closed && reopen_after_close_ ? std::optional(ShiftCommand::open) : std::nullopt;
      reopen_after_close_ = false;
    } else {
      shift_loops_ = 0;
    }
    return;
  }
  if (finding.fact != Fact::not_printed) {  // lost: the link is in question, and the rest begins now
    up_ = false;
    detail_ = finding.text;
    quiet_until_ = Clock::now() + context_.settings.bit_quiet;
    return;
  }
  switch (finding.cause) {
    case Cause::data:
      failures_ = 0;
      break;
    case Cause::shift_closed:
      shift_due_ = ShiftCommand::open;
      break;
    case Cause::shift_expired:
      shift_due_ = ShiftCommand::close;
      reopen_after_close_ = true;
      break;
    case Cause::none:
    case Cause::ambiguous:
    case Cause::transient:
      back_off(finding.text);
      break;
    case Cause::register_fault:
      log(Level::error, "alarm.register_fault",
          {{"register", register_id_}, {"code", finding.code}, {"detail", finding.text}});
      back_off(finding.text);
      break;
  }
}

void Lane::back_off(const std::string& why) {
  const auto& settings = context_.settings;
  const Clock::duration ceiling = settings.retry_max;
  const Clock::duration base =
      std::min<Clock::duration>(settings.retry_min * (1LL << std::min(failures_, 20)), ceiling);
  ++failures_;
  rest_until_ = Clock::now() + std::uniform_int_distribution<Clock::rep>((base / 2).count(), base.count())(jitter_) *
                                   Clock::duration(1);
  set_up(false, why);
}

bool Lane::deliver(std::string_view callback_body) {
  if (!flight_ || !driver_) return false;
  auto finding = driver_->read_callback(flight_->ref, callback_body);
  if (!finding) return false;
  if (finding->fact == Fact::printed || finding->fact == Fact::not_printed) delivered_ = std::move(finding);
  wake_.notify();
  return true;
}

std::optional<registers::Finding> Lane::read_callback(const Attempt& attempt, std::string_view body) const {
  if (!driver_) return std::nullopt;
  registers::AttemptRef ref{attempt.key, attempt.remote_id, attempt.request, 0, fiscal::Sign::income, true};
  v1::Receipt record;
  if (record.ParseFromString(attempt.content)) {
    ref.total_kopecks = record.total_kopecks();
    ref.sign = static_cast<fiscal::Sign>(record.sign());
  }
  return driver_->read_callback(ref, body);
}

void Lane::set_up(bool up, std::string detail) {
  if (up != up_ || detail != detail_) {
    log(up ? Level::info : Level::warn, up ? "register.up" : "register.down",
        {{"register", register_id_}, {"detail", detail}});
  }
  up_ = up;
  detail_ = std::move(detail);
  context_.metrics.gauge("kassaflow_register_up", "1 when the register takes receipts", {{"register", register_id_}})
      .set(up ? 1 : 0);
}

Lane::View Lane::view() const {
  View view;
  view.register_id = register_id_;
  view.pool = pool_;
  view.protocol = register_ ? register_->settings.protocol : "";
  view.detail = resting() ? "resting after a lost answer" : detail_;
  view.shift = memory_.shift;
  view.printing = flight_ ? flight_->receipt : "";
  view.up = up_;
  return view;
}

}  // namespace kassaflow::fiscalizer
