#include "lane.hpp"

#include <algorithm>

#include "kassaflow/async/back_off.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using receipts::State;
using registers::AttemptRef;
using registers::Cause;
using registers::Fact;
using registers::ShiftCommand;

namespace {

constexpr int kShiftLoops = 3;  // then a person must look: reports are paper and documents
constexpr std::int64_t kShiftLongest_s = 23 * 3600 + 30 * 60;  // the law allows 24 h (ffd.md §6)
constexpr std::size_t kProbesAtOnce = 1;                       // rule 6: exactly one next receipt is offered
// Asked for of a suspect: more cannot have been made unpublished, unless Kafka was away as well.
constexpr std::uint32_t kLostAttempts = 3;

// True as long as it lives, also when the coroutine is given up.
class Meanwhile {
 public:
  explicit Meanwhile(bool& flag) : flag_(flag) { flag_ = true; }
  ~Meanwhile() { flag_ = false; }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

 private:
  bool& flag_;
};

}  // namespace

Lane::Lane(const LaneDependencies& dependencies, const registers::Protocol& protocol, RegisterId register_id,
           PoolId pool, Fence fence)
    : dependencies_(dependencies),
      protocol_(protocol),
      timers_(protocol.timers(dependencies_.settings.durations)),
      register_id_(std::move(register_id)),
      pool_(std::move(pool)),
      fence_(fence),
      wake_(dependencies_.executor, dependencies_.clock),
      unchanged_since_(dependencies_.clock.now()),
      asker_(dependencies_.executor, dependencies_.clock,
             {.journal = dependencies_.journal,
              .fence = fence_,
              .first_pause = timers_.first_question,
              .longest_pause = dependencies_.settings.retry_max,
              .may_decide = [this] { return may_start(); },
              .driver = [this] { return register_ ? dependencies_.make_driver(register_->settings) : nullptr; },
              .ended = [this](const Attempt& attempt,
                              const Finding& finding) { ended(attempt.id, attempt.kind, finding); }}) {}

void Lane::stop() {
  if (stopping_) return;
  stopping_ = true;
  asker_.stop();
  wake_.notify();
  if (run_) run_->stop();
  dependencies_.dispatcher.cancel(pool_, register_id_);
}

asio::awaitable<void> Lane::run() {
  while (!stopping_) co_await step();
  // Not said: of the register nothing has changed, and a hand-over of shards stops thousands of lanes.
  be_down(Down::stopping, "not driven by this worker");
  finished_ = true;
}

asio::awaitable<void> Lane::ask_on() { co_await asker_.run(); }

// One step of a register's life; each returns to the top, where the order of concerns is the order of the rules.
asio::awaitable<void> Lane::step() {
  if (!refresh_driver()) {
    co_await wake_.wait_for(dependencies_.settings.register_health);
  } else if (must_remember_) {
    co_await remember();
  } else if (memory_.open) {
    co_await recover(*std::exchange(memory_.open, std::nullopt));
  } else if (!may_start()) {
    co_await wake_.wait_for(dependencies_.settings.lease / 5);
  } else if (dependencies_.clock.now() < rest_until_) {
    co_await wake_.wait_until(rest_until_);
  } else if (!stands_.empty()) {
    set_down(Down::test_register, stands_);
    co_await wake_.wait_for(dependencies_.settings.register_health);
  } else if (!memory_.disputed_fn.empty()) {
    set_down(Down::foreign_storage,
             "it names FN " + memory_.disputed_fn + ", which is not bound to it: a person must say whose it is");
    co_await wake_.wait_for(dependencies_.settings.register_health);
    must_remember_ = true;
  } else if (!up_ || look_due_) {
    co_await probe();
  } else if (memory_.questions.size() > kProbesAtOnce) {
    set_down(Down::two_uncertain, "two uncertain documents: a person must settle one of them");
    co_await wake_.wait_for(dependencies_.settings.register_health);
    must_remember_ = true;
  } else if (resting()) {
    co_await wake_.wait_until(quiet_until_);
  } else if (register_->retired || register_->revision < memory_.retired_at) {
    set_down(Down::retired, "it is being deleted");
    co_await wake_.wait_for(dependencies_.settings.register_health);
  } else if (shift_due_) {
    co_await report(*shift_due_);
  } else if (shift_must_close()) {
    shift_due_ = ShiftCommand::close;
  } else {
    co_await print_next();
  }
}

// False while there is nothing to speak with.
bool Lane::refresh_driver() {
  auto current = dependencies_.find_register(register_id_);
  if (!current) return driver_ != nullptr;
  if (current == register_) return driver_ != nullptr;
  register_ = std::move(current);
  identity_ = register_->settings.identity;
  stands_.clear();
  if (identity_.empty()) {  // in the journal, all registers without one would be the same
    driver_.reset();
    set_down(Down::document, "its document does not say which physical register it is");
    return false;
  }
  driver_ = dependencies_.make_driver(register_->settings);
  look_due_ = true;
  return true;
}

asio::awaitable<void> Lane::remember() {
  must_remember_ = false;  // what is settled elsewhere while the journal is read is looked at again
  auto memory = co_await dependencies_.journal.remember(register_id_, identity_, driver_->capabilities().query_by_key);
  if (!memory) {
    must_remember_ = true;
    co_await wake_.wait_for(dependencies_.settings.retry_min);
    co_return;
  }
  const bool new_question = memory->questions.size() > memory_.questions.size();
  memory_ = std::move(*memory);
  asker_.about(memory_.asked);
  if (!memory_.asked.empty()) dependencies_.asks(register_id_);
  // Whoever asked the question: a full quiet time by our own clock, for wall time decides nothing.
  if (new_question) quiet_until_ = std::max(quiet_until_, dependencies_.clock.now() + timers_.quiet);
  if (memory_.questions.empty() && !report_lost_) quiet_until_ = {};  // the rest was for the question's sake
}

asio::awaitable<void> Lane::probe() {
  registers::Health health;
  {
    const auto place = co_await dependencies_.probes.enter();
    if (stopping_) co_return;
    look_due_ = false;  // what asks for another look meanwhile gets one
    health = co_await driver_->probe();
  }
  if (stopping_) co_return;
  if (health.test && *health.test != register_->settings.test) {
    const std::string why = *health.test ? "a test register, and its document does not say test: true"
                                         : "a real storage, and its document says test: true";
    alarm_once("alarm.test_register", registers::finding(Fact::unknown, Cause::test_register, "probe", why));
    set_down(Down::test_register, why);
  } else {
    remember(health.storage);
    if (health.up) co_return set_up(health.detail);
    set_down(down_of(health.why), health.detail);
  }
  wanted_from_ = dependencies_.clock.now() + dependencies_.settings.register_health;
  co_await wake_.wait_for(pause_between_probes());
  wanted_from_.reset();
}

void Lane::look_at_document() {
  wake_.notify();
  dependencies_.dispatcher.cancel(pool_, register_id_);
}

void Lane::wanted() {
  if (wanted_from_ && dependencies_.clock.now() >= *wanted_from_) wake_.notify();
}

// Growing with the time in which nothing changed: thousands of registers that are idle, or off for the night, are not
// asked every ten seconds, nor all of them at the same time.
async::Clock::duration Lane::pause_between_probes() const {
  const async::Clock::duration grown = std::min<async::Clock::duration>(
      (dependencies_.clock.now() - unchanged_since_) / 2, dependencies_.settings.retry_max);
  const auto pause = std::max<async::Clock::duration>(dependencies_.settings.register_health, grown);
  return pause * 3 / 4 + std::chrono::duration_cast<async::Clock::duration>(pause / 2 * dependencies_.jitter());
}

bool Lane::shift_must_close() const {
  return !driver_->capabilities().manages_shifts && memory_.shift == Shift::open && memory_.shift_opened_at_s != 0 &&
         dependencies_.clock.unix_s() - memory_.shift_opened_at_s > kShiftLongest_s;
}

asio::awaitable<void> Lane::print_next() {
  const auto until = dependencies_.clock.now() + pause_between_probes();
  auto receipt =
      co_await dependencies_.dispatcher.next(pool_, {register_id_, expected_ms_, !memory_.questions.empty()}, until);
  if (!receipt) {
    if (dependencies_.clock.now() >= until) look_due_ = true;  // idle for a while: is it still there?
    co_return;
  }
  const auto id = receipt->id;
  const auto waited_under = register_;
  bool begun = false;
  if (!refresh_driver() || register_ != waited_under) {
    // Its document changed while it waited: what is in force now counts for this receipt already.
  } else if (!driver_->capabilities().manages_shifts && memory_.shift != Shift::open) {
    shift_due_ = ShiftCommand::open;  // on demand, before the first receipt
  } else if (!stopping_ && may_start() && !must_remember_) {
    begun = co_await print(std::move(*receipt));
  }
  dependencies_.dispatcher.release(id, register_id_);
  // What was taken and not begun is at the head of the queue still (I8).
  if (begun) {
    dependencies_.dispatcher.kick();
  } else {
    dependencies_.dispatcher.refresh(pool_);
  }
}

// False: the receipt stays in the queue as it was.
// Called in the same breath as may_start(), as report() is: between the two nobody can give the shard away.
asio::awaitable<bool> Lane::print(Queued queued) {
  const Meanwhile busy(busy_);
  const auto pool = dependencies_.find_pool(pool_);
  if (!pool) {  // a word in it that this version does not know: another worker, or the next version, prints it
    set_down(Down::pool, "its pool is not in force here");
    co_await wake_.wait_for(dependencies_.settings.register_health);
    co_return false;
  }
  if (queued.tenant != pool->tenant) {  // taken in before it was known here whose the pool is (I5)
    log::error("alarm.foreign_receipt", {{"receipt", queued.id.str()},
                                         {"tenant", queued.tenant.str()},
                                         {"pool", pool_.str()},
                                         {"pool_of", pool->tenant.str()}});
    co_await dependencies_.journal.refuse(queued, receipts::Step::foreign, fence_,
                                          "Чек направлен в кассы другой организации");
    co_return true;
  }
  v1::Receipt record;
  const auto receipt = record.ParseFromString(queued.content) ? records::from_record(record)
                                                              : fail(records::kUnreadable, "not a receipt");
  if (!receipt) {
    kassaflow::report(log::Level::error, "alarm.receipt_unreadable", receipt.error(), {{"receipt", queued.id.str()}});
    co_await dependencies_.journal.refuse(queued, receipts::Step::unreadable, fence_,
                                          "Содержимое чека не читается этой версией шлюза");
    co_return true;
  }
  const auto number = queued.attempts + 1;
  const auto key = protocol_.attempt_key(queued.id.str(), number);
  const auto rendered = driver_->render(*receipt, pool->till, key);
  if (!rendered) {
    if (dependencies_.dispatcher.unable(queued, register_id_, dependencies_.registers_of_pool(pool_))) {
      log::warn(
          "receipt.refused",
          {{"receipt", queued.id.str()}, {"register", register_id_.str()}, {"code", rendered.error().code.name()}});
      co_await dependencies_.journal.refuse(queued, receipts::Step::unprintable, fence_, rendered.error().message);
    }
    co_return true;  // else the dispatcher has given it to the pool's other registers
  }
  auto attempt = new_attempt(Kind::receipt, key, rendered->body);
  attempt.receipt = queued.id;
  attempt.revision = queued.revision;
  attempt.generation = queued.generation;
  attempt.number = number;
  const AttemptRef ref{key, "", rendered->body, receipt->total.value(), receipt->settlement_type, queued.suspect};
  if (queued.suspect && !co_await was_never_sent(queued, attempt, *receipt, pool->till)) co_return false;
  auto opened = co_await open(std::move(attempt), ref);
  if (!opened) co_return false;
  const auto started = dependencies_.clock.now();
  co_await follow(std::move(*opened), AttemptRun::Bytes::here);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(dependencies_.clock.now() - started).count();
  expected_ms_ = (expected_ms_ * 7 + took) / 8;
  co_return true;
}

// exactly-once.md 17: attempts of a suspect may have been made that the journal has lost. All registers of its pool are
// asked for them; late bytes have arrived, for the journal waited before it was taken back. False: the receipt is left
// to a register that knows one, or to a person, or must wait for an answer.
asio::awaitable<bool> Lane::was_never_sent(const Queued& queued, NewAttempt attempt, const fiscal::Receipt& receipt,
                                           const fiscal::Till& till) {
  bool all_have_said = true;
  for (const auto& id : dependencies_.registers_of_pool(pool_)) {
    const auto entry = dependencies_.find_register(id);
    const auto driver = entry ? dependencies_.make_driver(entry->settings) : nullptr;
    if (!driver || !driver->capabilities().query_by_key) {
      all_have_said = false;
      continue;
    }
    for (auto number = queued.attempts + 1; number <= queued.attempts + kLostAttempts; ++number) {
      const auto key = entry->settings.protocol->attempt_key(queued.id.str(), number);
      const auto rendered = driver->render(receipt, till, key);
      if (!rendered) break;  // it was never sent there
      const AttemptRef ref{key, "", rendered->body, receipt.total.value(), receipt.settlement_type, true};
      const auto answer = co_await driver->ask(ref);
      if (answer.fact == Fact::absent) continue;
      log::warn("suspect.asked", {{"receipt", queued.id.str()},
                                  {"register", id.str()},
                                  {"attempt", number},
                                  {"fact", to_string(answer.fact)},
                                  {"detail", answer.text}});
      if (answer.fact == Fact::unknown && answer.cause == Cause::ambiguous) {
        all_have_said = false;  // something has this key, but not this receipt of this register: another may know it
        continue;
      }
      if (answer.fact == Fact::unknown) {
        suspects_wait(id, answer.text);
        co_return false;
      }
      attempt.register_id = id;
      attempt.identity = entry->settings.identity;
      attempt.number = number;
      attempt.key = key;
      attempt.request = rendered->body;
      if (co_await doubt(std::move(attempt), true)) dependencies_.doubted(id);
      co_return false;
    }
  }
  silences_ = 0;
  if (all_have_said) co_return true;
  log::warn("suspect.left_to_a_person", {{"receipt", queued.id.str()}, {"register", register_id_.str()}});
  co_await doubt(std::move(attempt), false);
  co_return false;
}

// That register does not say whether it knows a suspect. Only when it is this one, it stands still itself.
void Lane::suspects_wait(const RegisterId& silent, const std::string& why) {
  if (silent == register_id_) back_off(Down::transient, why);
  const auto& settings = dependencies_.settings;
  dependencies_.dispatcher.suspects_wait(
      pool_, dependencies_.clock.now() +
                 async::back_off(settings.retry_min, settings.retry_max, silences_++, dependencies_.jitter()));
}

// False: the journal is away or lives another life, or somebody else was first. Then the registers are not asked again
// at once.
asio::awaitable<bool> Lane::doubt(NewAttempt attempt, bool askable) {
  const bool doubted = co_await dependencies_.journal.doubt(std::move(attempt), askable);
  if (!doubted) co_await wake_.wait_for(dependencies_.settings.retry_min);
  co_return doubted;
}

asio::awaitable<void> Lane::report(ShiftCommand command) {
  const Meanwhile busy(busy_);
  const auto pool = dependencies_.find_pool(pool_);
  if (!pool) co_return back_off(Down::pool, "its pool is not in force here");
  const auto key =
      protocol_.attempt_key("shift/" + identity_.str() + "/" + receipts::new_post_id(dependencies_.clock.unix_ms()), 1);
  const auto request = driver_->render_shift(command, pool->till, key).body;
  const auto kind = command == ShiftCommand::open ? Kind::open_shift : Kind::close_shift;
  const AttemptRef ref{key, "", request, 0, fiscal::SettlementType::income, false};
  auto opened = co_await open(new_attempt(kind, key, request), ref);
  if (!opened) co_return;
  co_await follow(std::move(*opened), AttemptRun::Bytes::here);
  // Reports are paper and documents: without a receipt between them, one a back-off.
  if (++shift_loops_ < kShiftLoops) co_return;
  if (shift_loops_ == kShiftLoops) log::error("alarm.shift", {{"register", register_id_.str()}, {"detail", detail_}});
  back_off(Down::shift, "the shift cannot be opened or closed");
}

NewAttempt Lane::new_attempt(Kind kind, std::string key, std::string request) const {
  NewAttempt attempt;
  attempt.kind = kind;
  attempt.register_id = register_id_;
  attempt.identity = identity_;
  attempt.tenant = register_->tenant;
  attempt.pool = pool_;
  attempt.fence = fence_;
  attempt.key = std::move(key);
  attempt.request = std::move(request);
  attempt.fn_before = memory_.fn;
  attempt.fd_before = memory_.highest_fd;
  attempt.configuration = register_->revision;
  attempt.proves = memory_.questions.empty() || resting() ? 0 : memory_.questions.front();
  return attempt;
}

// Rule 1: the attempt is stored before anything is sent. nullopt: it is not ours to send.
asio::awaitable<std::optional<OpenAttempt>> Lane::open(NewAttempt attempt, AttemptRef ref) {
  OpenAttempt open{0, std::move(ref), attempt.receipt, attempt.kind, 1, dependencies_.clock.now()};
  open.ref.document_before = attempt.fd_before;
  const auto number = attempt.number;
  const auto opened = co_await dependencies_.journal.open_attempt(std::move(attempt));
  if (!opened) {
    log::info(
        "attempt.not_opened",
        {{"receipt", open.receipt.str()}, {"register", register_id_.str()}, {"code", opened.error().code.name()}});
    if (opened.error().code == kGivenUp) never_sent_.insert(open.ref.key);
    must_remember_ = true;
    co_return std::nullopt;
  }
  never_sent_.erase(open.ref.key);
  open.id = *opened;
  log::info("attempt.opened", {{"receipt", open.receipt.str()},
                               {"attempt", number},
                               {"register", register_id_.str()},
                               {"kind", to_string(open.kind)}});
  co_return open;
}

// An attempt that is open in the journal although no lane follows it: its bytes may have left with a worker that is
// gone, or its COMMIT got through after this lane had given it up.
asio::awaitable<void> Lane::recover(Attempt attempt) {
  const Meanwhile busy(busy_);
  log::warn("attempt.recovered", {{"receipt", attempt.receipt.str()}, {"register", register_id_.str()}});
  const auto bytes =
      never_sent_.erase(attempt.key) > 0 ? AttemptRun::Bytes::never_left : AttemptRun::Bytes::perhaps_gone;
  const auto opened_at = dependencies_.clock.now() - std::chrono::seconds(attempt.age_s);
  co_await follow({attempt.id, ref_of(attempt), attempt.receipt, attempt.kind, attempt.sends, opened_at}, bytes);
}

asio::awaitable<void> Lane::follow(OpenAttempt opened, AttemptRun::Bytes bytes) {
  const auto driver = [this] {
    refresh_driver();
    return driver_.get();
  };
  run_.emplace(AttemptDependencies{dependencies_.executor, dependencies_.clock, dependencies_.settings, timers_,
                                   dependencies_.journal, dependencies_.leases, register_id_, fence_, driver},
               std::move(opened), *driver_);
  dependencies_.asks(register_id_);
  if (stopping_) run_->stop();  // it was stopped while the journal took the attempt
  const auto finding = co_await run_->run(bytes);
  rest_until_ = std::max(rest_until_, run_->repeat_arrives_by());
  if (run_->shard_lost()) {  // its owner decides; that may be a lane of ours, made anew
    stop();
  } else if (!finding) {
    must_remember_ = true;
  } else {
    learn(run_->kind(), *finding);
  }
  if (run_->not_its_storage()) must_remember_ = true;
  run_.reset();
}

void Lane::ended(std::int64_t attempt, Kind kind, const Finding& finding) {
  if (run_ && run_->attempt() == attempt) {
    run_->closed(finding);
  } else {
    learn(kind, finding);
    remember_again();
  }
}

std::vector<std::int64_t> Lane::unanswered() const {
  auto attempts = asker_.asks_about();
  if (run_) attempts.push_back(run_->attempt());
  return attempts;
}

void Lane::answered(std::int64_t attempt) {
  if (current_attempt() == attempt) {
    run_->closed(std::nullopt);
  } else {
    remember_again();
  }
}

void Lane::learn(Kind kind, const Finding& finding) {
  dependencies_.attempt_ended(protocol_, finding);
  // What is at the head of the queue may have changed.
  if (finding.fact == Fact::not_printed || !memory_.questions.empty()) dependencies_.dispatcher.refresh(pool_);
  if (finding.fact == Fact::printed && memory_.questions.empty()) {
    keep_in_mind(kind, finding);
  } else {
    must_remember_ = true;
  }
  if (finding.cause == Cause::test_register) stands_ = finding.text;
  if (finding.fact == Fact::printed) {
    unchanged_since_ = dependencies_.clock.now();
    shift_due_.reset();
    if (kind != Kind::receipt) return;
    failures_ = 0;
    shift_loops_ = 0;
    alarmed_.clear();
    return;
  }
  if (finding.fact != Fact::not_printed) {  // lost: the link is in question, and the rest begins now
    be_down(Down::lost_answer, finding.text);
    const bool can_be_asked = driver_ && driver_->capabilities().query_by_key;
    if (!can_be_asked) quiet_until_ = dependencies_.clock.now() + timers_.quiet;
    report_lost_ = kind != Kind::receipt;
    return;
  }
  switch (finding.cause) {
    case Cause::data:
    case Cause::test_register:
      failures_ = 0;
      break;
    case Cause::shift_closed:
      shift_due_ = ShiftCommand::open;
      break;
    case Cause::shift_expired:
      shift_due_ = ShiftCommand::close;  // the next receipt finds it closed, and opens it where the register does not
      break;
    case Cause::none:
    case Cause::ambiguous:
    case Cause::transient:
      back_off(Down::transient, finding.text);
      break;
    case Cause::register_fault:
      alarm_once("alarm.register_fault", finding);
      back_off(Down::fault, finding.text);
      break;
  }
}

void Lane::alarm_once(std::string_view event, const Finding& finding) {
  const auto fault = finding.code + ": " + finding.text;
  if (fault == alarmed_) return;
  alarmed_ = fault;
  log::error(event, {{"register", register_id_.str()}, {"code", finding.code}, {"detail", finding.text}});
}

// What the journal has just made of a printed document, without reading it back.
void Lane::keep_in_mind(Kind kind, const Finding& finding) {
  if (finding.document && !finding.document->fn.empty()) {
    const bool same = memory_.fn == finding.document->fn;
    memory_.fn = finding.document->fn;
    memory_.highest_fd = same ? std::max(memory_.highest_fd, finding.document->fd) : finding.document->fd;
  }
  memory_.shift = kind == Kind::close_shift ? Shift::closed : Shift::open;
  if (kind == Kind::open_shift) memory_.shift_opened_at_s = dependencies_.clock.unix_s();
  if (kind == Kind::close_shift) memory_.shift_opened_at_s = 0;
}

void Lane::back_off(Down cause, const std::string& why) {
  const auto& settings = dependencies_.settings;
  rest_until_ = dependencies_.clock.now() +
                async::back_off(settings.retry_min, settings.retry_max, failures_++, dependencies_.jitter());
  set_down(cause, why);
}

// A change is logged, not each look that finds it as it was.
void Lane::say(bool up, const std::string& detail) {
  if (said_ == std::pair(up, detail)) return;
  said_ = {up, detail};
  unchanged_since_ = dependencies_.clock.now();
  log::write(up ? log::Level::info : log::Level::warn, up ? "register.up" : "register.down",
             {{"register", register_id_.str()}, {"detail", detail}});
}

void Lane::set_up(std::string detail) {
  say(true, detail);
  up_ = true;
  detail_ = std::move(detail);
}

void Lane::set_down(Down cause, std::string detail) {
  say(false, detail);
  be_down(cause, std::move(detail));
}

void Lane::be_down(Down cause, std::string detail) {
  up_ = false;
  down_ = cause;
  detail_ = std::move(detail);
}

// A probe that learns nothing of it takes nothing back.
void Lane::remember(const registers::Health::Storage& storage) {
  if (storage.ends_at_s) storage_.ends_at_s = storage.ends_at_s;
  if (!storage.unsent) return;
  storage_.unsent = storage.unsent;
  storage_.unsent_since_s = storage.unsent_since_s;
}

Lane::View Lane::view() const {
  View view;
  view.register_id = register_id_;
  view.pool = pool_;
  if (register_) view.tenant = register_->tenant;
  view.protocol = protocol_.name();
  view.detail = resting() ? "resting after a lost answer" : detail_;
  view.shift = memory_.shift;
  view.printing = run_ ? run_->receipt() : ReceiptId();
  view.up = up_;
  view.down = down_;
  if (!driver_ || !driver_->capabilities().manages_shifts) view.shift_opened_at_s = memory_.shift_opened_at_s;
  view.storage = storage_;
  return view;
}

}  // namespace kassaflow::fiscalizer
