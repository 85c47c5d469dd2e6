// Rule 17 on virtual time: a worker whose pool has suspects while one of its registers is silent.

#include "kassaflow/async/pause.hpp"
#include "plain_driver.hpp"
#include "worker_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using journal::Transaction;
using registers::Cause;
using registers::Fact;
using registers::Finding;

const PoolId kPool("shop");
constexpr int kSuspects = 40;  // more than the dispatcher's window
constexpr int kFresh = 5;
constexpr auto kTimeOut = 15s;  // of a register that is silent

// Prints at once what it is sent, and knows nothing of what it is asked.
struct Till {
  bool silent = false;
  std::vector<std::string> printed;  // keys
};

class TillDriver final : public PlainDriver {
 public:
  TillDriver(async::Clock& clock, Till& till) : clock_(clock), till_(till) {}
  [[nodiscard]] registers::Capabilities capabilities() const override {
    return {.query_by_key = true, .absent_may_be_sent_again = true, .manages_shifts = true};
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& attempt, http::WriteGuard&) override {
    co_await async::pause_for(clock_, 1s);
    till_.printed.push_back(attempt.key);
    co_return registers::finding(Fact::printed, Cause::none, "", "");
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef&) override {
    if (till_.silent) {
      co_await async::pause_for(clock_, kTimeOut);
      co_return registers::finding(Fact::unknown, Cause::none, "timeout", "no answer");
    }
    co_return registers::finding(Fact::absent, Cause::none, "", "");
  }
  asio::awaitable<registers::Health> probe() override {
    registers::Health health;
    health.up = !till_.silent;
    co_return health;
  }

 private:
  async::Clock& clock_;
  Till& till_;
};

class SuspectsTest : public WorkerBench {
 protected:
  SuspectsTest() {
    const auto snapshot = std::make_shared<configuration::Snapshot>();
    for (const auto& [id, till] : tills_) add(*snapshot, id, kPool);
    configuration_ = snapshot;
    start([this](const RegisterId& id) { return std::make_unique<TillDriver>(time_.clock(), tills_.at(id)); },
          [] { return 0.5; });
    time_.run_for(15s);  // it has its shards
  }
  ~SuspectsTest() override { stop(); }

  int count(int first, int last, receipts::State state) {
    int found = 0;
    memory_.transact([&](Transaction& tx) {
      for (int number = first; number <= last; ++number) {
        if (tx.lock_receipts({id_of(number)}).begin()->second.state == state) ++found;
      }
    });
    return found;
  }

  std::map<RegisterId, Till> tills_{{RegisterId("kkt-1"), {}}, {RegisterId("kkt-2"), {}}};
};

TEST_F(SuspectsTest, Rule17_WhatWasPostedSincePassesSuspectsThatWaitForASilentRegister) {
  auto& silent = tills_.at(RegisterId("kkt-2"));
  silent.silent = true;
  queue(1, kSuspects, kPool, true);
  queue(kSuspects + 1, kSuspects + kFresh, kPool);
  time_.run_for(1min);
  EXPECT_EQ(count(kSuspects + 1, kSuspects + kFresh, receipts::State::done), kFresh) << "by the register that lives";
  time_.run_for(1h);
  EXPECT_EQ(count(1, kSuspects, receipts::State::queued), kSuspects) << "none is printed before both have answered";

  silent.silent = false;
  time_.run_for(10min);
  EXPECT_EQ(count(1, kSuspects, receipts::State::done), kSuspects);
}

// One register alone: it waits for itself.
TEST_F(SuspectsTest, Rule17_ARegisterThatIsSilentItselfIsLeftAloneForAWhile) {
  for (auto& [id, till] : tills_) till.silent = true;
  queue(1, 1, kPool, true);
  time_.run_for(1h);
  EXPECT_EQ(count(1, 1, receipts::State::queued), 1);
  for (auto& [id, till] : tills_) till.silent = false;
  time_.run_for(10min);
  EXPECT_EQ(count(1, 1, receipts::State::done), 1);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
