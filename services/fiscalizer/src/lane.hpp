#pragma once
// A lane is one physical register, driven by one coroutine whose code reads as the register's life: settle what is
// open, rest after a lost answer, keep the shift, take the next receipt, print it (invariants I1, I7, I8;
// exactly-once.md 1-9).
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "dispatcher.hpp"
#include "event.hpp"
#include "journal.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/registers/driver.hpp"
#include "kassaflow/runtime/metrics.hpp"
#include "leases.hpp"
#include "settings.hpp"

namespace kassaflow::fiscalizer {

// What all lanes of a worker share.
struct LaneContext {
  boost::asio::any_io_executor executor;
  const FiscalizerSettings& settings;
  Journal& journal;
  Dispatcher& dispatcher;
  Leases& leases;
  runtime::Metrics& metrics;
  http::AddressPolicy addresses;
  // The configuration in force; null when the register or its pool is no longer there.
  std::function<std::shared_ptr<const configuration::Register>(const std::string& register_id)> find_register;
  std::function<std::shared_ptr<const configuration::Pool>(const std::string& pool_id)> find_pool;
  std::function<std::vector<std::string>(const std::string& pool_id)> registers_of_pool;
};

class Lane {
 public:
  Lane(LaneContext context, std::string register_id, std::string pool, int shard, std::int64_t epoch);

  // Until stop(): then nothing is started, what is in flight is finished or left to be settled by the next owner.
  boost::asio::awaitable<void> run();
  void stop();
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool busy() const { return in_flight_; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }
  [[nodiscard]] int shard() const { return shard_; }

  // A callback about an attempt that may be the open one. True when it was taken.
  bool deliver(std::string_view callback_body);
  // What a callback says about an attempt that is no longer open.
  [[nodiscard]] std::optional<registers::Finding> read_callback(const Attempt& attempt, std::string_view body) const;
  // A person settled something of this register.
  void remember_again() {
    must_remember_ = true;
    wake_.notify();
  }

  struct View {  // for `registers list`
    std::string register_id, pool, protocol, detail, shift, printing;
    bool up = false;
  };
  [[nodiscard]] View view() const;

 private:
  using Finding = registers::Finding;
  struct Flight {  // the attempt that is open now
    std::int64_t attempt = 0;
    registers::AttemptRef ref;
    std::string receipt;
    Kind kind = Kind::receipt;
  };

  boost::asio::awaitable<void> step();
  bool refresh_driver();
  boost::asio::awaitable<void> remember();
  boost::asio::awaitable<void> probe();
  boost::asio::awaitable<void> print_next();
  boost::asio::awaitable<void> print(Queued receipt);
  boost::asio::awaitable<void> report(registers::ShiftCommand command);
  boost::asio::awaitable<void> recover(Attempt attempt);
  // Sends the flight's bytes, then follows it to its end.
  boost::asio::awaitable<void> fly(bool first);
  boost::asio::awaitable<Finding> send();
  boost::asio::awaitable<void> settle_by_asking(Finding first);
  boost::asio::awaitable<void> tell(const Finding& finding, bool final);
  void learn(const Finding& finding);
  void back_off(const std::string& why);
  [[nodiscard]] bool shift_must_close() const;
  [[nodiscard]] bool resting() const;
  void set_up(bool up, std::string detail);

  LaneContext context_;
  std::string register_id_;
  std::string pool_;
  int shard_;
  std::int64_t epoch_;
  Event wake_;
  std::shared_ptr<const configuration::Register> register_;
  std::unique_ptr<registers::Driver> driver_;

  RegisterMemory memory_;
  bool must_remember_ = true;
  Clock::time_point quiet_until_{};  // nothing printed before it proves anything
  Clock::time_point rest_until_{};   // back-off
  int failures_ = 0;                 // in a row
  int shift_loops_ = 0;              // shift reports in a row without a printed receipt
  std::optional<registers::ShiftCommand> shift_due_;
  bool reopen_after_close_ = false;
  bool up_ = false;
  bool stopping_ = false;
  bool finished_ = false;
  bool in_flight_ = false;
  std::string detail_ = "not probed yet";
  std::int64_t expected_ms_ = 2000;
  std::optional<Flight> flight_;
  std::optional<Finding> delivered_;
  std::mt19937 jitter_{std::random_device{}()};
};

}  // namespace kassaflow::fiscalizer
