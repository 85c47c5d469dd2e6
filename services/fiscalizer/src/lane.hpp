#pragma once
// A lane is one physical register, driven by one coroutine whose code reads as the register's life: settle what is
// open, rest after a lost answer, keep the shift, take the next receipt, print it (invariants I1, I7, I8;
// exactly-once.md 1-9). One attempt's way from its bytes to its end is an AttemptRun.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "asker.hpp"
#include "attempt_run.hpp"
#include "dispatcher.hpp"
#include "down.hpp"
#include "journal/journal.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/async/gate.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/registers/driver.hpp"
#include "leases.hpp"
#include "settings.hpp"

namespace kassaflow::fiscalizer {

using AttemptEnded = std::function<void(const registers::Protocol& protocol, const registers::Finding& finding)>;

// What all lanes of a worker share.
struct LaneDependencies {
  boost::asio::any_io_executor executor;
  async::Clock& clock;
  const FiscalizerSettings& settings;
  Journal& journal;
  Dispatcher& dispatcher;
  Leases& leases;
  // The configuration in force; null when the register or its pool is no longer there.
  std::function<std::shared_ptr<const configuration::Register>(const RegisterId& id)> find_register;
  std::function<std::shared_ptr<const configuration::Pool>(const PoolId& id)> find_pool;
  // Also those that only another version of the program speaks with.
  std::function<std::vector<RegisterId>(const PoolId& pool)> registers_of_pool;
  std::function<std::unique_ptr<registers::Driver>(const registers::RegisterSettings& settings)> make_driver;
  std::function<double()> jitter;  // 0..1
  // A register of the pool is to be asked about an attempt that another lane has written down.
  std::function<void(const RegisterId& id)> doubted = [](const RegisterId&) {};
  // An attempt came to an end, and that was news.
  AttemptEnded attempt_ended = [](const registers::Protocol&, const registers::Finding&) {};
  // Something of the register may be unanswered() from now on.
  std::function<void(const RegisterId& id)> asks = [](const RegisterId&) {};
  // How many registers may be probed at once: each takes a connection.
  async::Gate& probes;
};

class Lane {
 public:
  // `dependencies` outlive it. `protocol`: the register's, which never changes.
  Lane(const LaneDependencies& dependencies, const registers::Protocol& protocol, RegisterId register_id, PoolId pool,
       Fence fence);

  // Until stop(): then nothing is started, what is on its way is finished or left to be settled by the next owner.
  boost::asio::awaitable<void> run();
  // Beside run(): asks on about what ended uncertain.
  boost::asio::awaitable<void> ask_on();
  void stop();
  [[nodiscard]] bool finished() const { return finished_ && asker_.finished(); }
  // Something is under way: from the decision to open an attempt until it has ended, or is left to the next owner.
  [[nodiscard]] bool busy() const { return busy_; }
  [[nodiscard]] const Fence& fence() const { return fence_; }
  [[nodiscard]] const RegisterId& register_id() const { return register_id_; }
  [[nodiscard]] const PoolId& pool() const { return pool_; }

  // The attempt followed now, 0 = none.
  [[nodiscard]] std::int64_t current_attempt() const { return run_ ? run_->attempt() : 0; }
  // All attempts that may be answered elsewhere: the one followed now, and those the register is asked about beside it.
  [[nodiscard]] std::vector<std::int64_t> unanswered() const;
  // An attempt of this register came to its end, and that was news. There is one way in, whoever heard it: the lane
  // itself, a callback, evidence of an earlier owner, the asker.
  void ended(std::int64_t attempt, Kind kind, const registers::Finding& finding);
  // One of unanswered() was settled by a person.
  void answered(std::int64_t attempt);
  // Something was heard of the attempt that settles nothing by itself.
  void ask_now() {
    if (run_) run_->ask_now();
  }
  // Something of this register was settled elsewhere.
  void remember_again() {
    must_remember_ = true;
    wake_.notify();
  }

  // The register's document is another: it is looked at now.
  void look_at_document();
  // The document it goes by; null before it has looked at one.
  [[nodiscard]] const configuration::Register* document() const { return register_.get(); }
  // A receipt waits for a register of the pool: one that is down is probed again soon.
  void wanted();

  // What reads a callback of this register; null while there is none.
  [[nodiscard]] const registers::Driver* driver() const { return driver_.get(); }

  struct View {  // for `registers list` and metrics
    RegisterId register_id;
    PoolId pool;
    TenantId tenant;
    std::string protocol, detail;
    ReceiptId printing;
    Shift shift = Shift::unknown;
    bool up = false;
    Down down = Down::probing;           // with !up
    std::int64_t shift_opened_at_s = 0;  // 0: it is closed, or nobody here knows
    registers::Health::Storage storage;  // as it was last told
  };
  [[nodiscard]] View view() const;
  [[nodiscard]] bool up() const { return up_; }

 private:
  using Finding = registers::Finding;

  boost::asio::awaitable<void> step();
  bool refresh_driver();
  boost::asio::awaitable<void> remember();
  boost::asio::awaitable<void> probe();
  [[nodiscard]] async::Clock::duration pause_between_probes() const;
  boost::asio::awaitable<void> print_next();
  boost::asio::awaitable<bool> print(Queued receipt);
  boost::asio::awaitable<bool> was_never_sent(const Queued& queued, NewAttempt attempt, const fiscal::Receipt& receipt,
                                              const fiscal::Till& till);
  void suspects_wait(const RegisterId& silent, const std::string& why);
  boost::asio::awaitable<bool> doubt(NewAttempt attempt, bool askable);
  boost::asio::awaitable<void> report(registers::ShiftCommand command);
  boost::asio::awaitable<void> recover(Attempt attempt);
  [[nodiscard]] NewAttempt new_attempt(Kind kind, std::string key, std::string request) const;
  boost::asio::awaitable<std::optional<OpenAttempt>> open(NewAttempt attempt, registers::AttemptRef ref);
  boost::asio::awaitable<void> follow(OpenAttempt opened, AttemptRun::Bytes bytes);
  void learn(Kind kind, const Finding& finding);
  void keep_in_mind(Kind kind, const Finding& finding);
  void alarm_once(std::string_view event, const Finding& finding);
  void back_off(Down cause, const std::string& why);
  [[nodiscard]] bool may_start() const { return dependencies_.leases.may_start(fence_.shard) == fence_; }
  [[nodiscard]] bool shift_must_close() const;
  [[nodiscard]] bool resting() const { return dependencies_.clock.now() < quiet_until_; }
  void say(bool up, const std::string& detail);
  void set_up(std::string detail);
  void set_down(Down cause, std::string detail);
  void be_down(Down cause, std::string detail);  // without a word about it
  void remember(const registers::Health::Storage& storage);

  const LaneDependencies& dependencies_;
  const registers::Protocol& protocol_;
  const registers::Timers timers_;
  RegisterId register_id_;
  RegisterIdentity identity_;
  PoolId pool_;
  Fence fence_;
  async::Event wake_;
  std::shared_ptr<const configuration::Register> register_;
  std::unique_ptr<registers::Driver> driver_;

  RegisterMemory memory_;
  bool must_remember_ = true;
  std::set<std::string> never_sent_;        // keys of attempts whose COMMIT was in doubt and that were given up
  async::Clock::time_point quiet_until_{};  // nothing printed before it proves anything
  bool report_lost_ = false;                // it is for the sake of a report, which leaves no question
  async::Clock::time_point rest_until_{};   // back-off
  int failures_ = 0;                        // since the last printed receipt
  int silences_ = 0;                        // since all registers told of a suspect
  int shift_loops_ = 0;                     // shift reports since the last printed receipt
  std::string alarmed_;                     // the fault an alarm was raised for, until a receipt is printed
  std::string stands_;  // why nothing may be printed until its document changes: it is a test register, or is not
  std::optional<registers::ShiftCommand> shift_due_;
  bool up_ = false;
  Down down_ = Down::probing;                 // with !up_
  bool look_due_ = true;                      // it is probed before anything else, and is meanwhile what it was
  async::Clock::time_point unchanged_since_;  // it has printed nothing, and said nothing new
  std::optional<async::Clock::time_point> wanted_from_;  // it is down, and from then on may be probed when it is wanted
  registers::Health::Storage storage_;
  bool busy_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  std::string detail_ = "not probed yet";
  std::optional<std::pair<bool, std::string>> said_;  // up or not, and the detail, as it was logged last
  std::int64_t expected_ms_ = 2000;
  std::optional<AttemptRun> run_;  // the attempt that is open now
  Asker asker_;
};

}  // namespace kassaflow::fiscalizer
