// A worker's lanes on virtual time, over the journal in memory: what many idle registers cost, and who is asked when.

#include "worker.hpp"

#include <algorithm>

#include "kassaflow/async/pause.hpp"
#include "plain_driver.hpp"
#include "worker_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using async::Clock;
using registers::Fact;
using registers::Finding;

constexpr ErrorKind kUnable{"test.unable"};

// As all registers of a test are, and what was asked of each of them.
struct Registers {
  explicit Registers(async::Clock& of_all) : clock(of_all) {}
  async::Clock& clock;
  std::set<RegisterId> down, unable;
  Clock::duration probe_takes{};
  std::map<RegisterId, std::vector<Clock::time_point>> probed;
  std::map<RegisterId, int> printed;
  std::uint64_t documents = 0;
  int probes_now = 0, most_probes = 0;
};

class OneRegister final : public PlainDriver {
 public:
  OneRegister(Registers& all, RegisterId id) : all_(all), id_(std::move(id)) {}
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt& /*receipt*/, const fiscal::Till& /*till*/,
                                                   const std::string& key) const override {
    if (all_.unable.contains(id_)) return fail(kUnable, "not by this one");
    return registers::Rendered{key};
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& /*attempt*/, http::WriteGuard& /*guard*/) override {
    ++all_.printed[id_];
    Finding finding;
    finding.fact = Fact::printed;
    auto& document = finding.document.emplace();
    document.fn = "73804408" + std::string(8 - id_.str().size(), '0') + id_.str();
    document.fd = ++all_.documents;
    document.fp = "1";
    co_return finding;
  }
  asio::awaitable<registers::Health> probe() override {
    all_.probed[id_].push_back(all_.clock.now());
    all_.most_probes = std::max(all_.most_probes, ++all_.probes_now);
    co_await async::pause_for(all_.clock, all_.probe_takes);
    --all_.probes_now;
    registers::Health health;
    health.up = !all_.down.contains(id_);
    co_return health;
  }

 private:
  Registers& all_;
  RegisterId id_;
};

std::string number(int n) { return std::to_string(n); }
PoolId pool(int n) { return PoolId("pool-" + number(n)); }

class WorkerTest : public WorkerBench {
 protected:
  WorkerTest() { settings_.register_health = kHealth; }
  ~WorkerTest() override { stop(); }

  // Registers 1…n, each in a pool of its own, or all in pool 1.
  void configure(int registers, bool one_pool = false) {
    auto snapshot = std::make_shared<configuration::Snapshot>();
    for (int n = 1; n <= registers; ++n) add(*snapshot, RegisterId(number(n)), pool(one_pool ? 1 : n));
    configuration_ = snapshot;
  }
  void start(std::size_t probes_at_once = 1000) {
    WorkerBench::start([this](const RegisterId& id) { return std::make_unique<OneRegister>(all_, id); },
                       [this] { return jitter_ = jitter_ < 0.9 ? jitter_ + 0.1 : 0; }, probes_at_once);
  }
  // Told to the worker.
  void take_in(int first, int last, const PoolId& where) {
    queue(first, last, where);
    worker_->taken_in({where});
  }
  [[nodiscard]] Lane::View view(int n) const {
    const auto views = worker_->views();
    return *std::ranges::find(views, RegisterId(number(n)), &Lane::View::register_id);
  }
  int transactions_in(Clock::duration time) {
    transactions_ = 0;
    time_.run_for(time);
    return transactions_;
  }
  int probes(int n) { return static_cast<int>(all_.probed[RegisterId(number(n))].size()); }
  int probes_in(Clock::duration time, int n) {
    const int before = probes(n);
    time_.run_for(time);
    return probes(n) - before;
  }

  static constexpr auto kHealth = 10s;
  Registers all_{time_.clock()};
  double jitter_ = 0;
};

TEST_F(WorkerTest, IdleRegistersCostTheJournalNothing) {
  configure(1);
  start();
  time_.run_for(1min);
  const int of_one = transactions_in(10min);
  configure(300);
  time_.run_for(1min);
  ASSERT_EQ(worker_->views().size(), 300);
  EXPECT_EQ(transactions_in(10min), of_one);
}

TEST_F(WorkerTest, ARegisterThatStaysAsItIsIsProbedEverMoreSeldom) {
  configure(2);
  all_.down.emplace("2");
  start();
  time_.run_for(1min);
  for (const int n : {1, 2}) EXPECT_GE(probes(n), 3) << n;
  time_.run_for(1h);
  const std::pair before(probes(1), probes(2));
  time_.run_for(1h);
  for (const int n : {probes(1) - before.first, probes(2) - before.second}) {
    EXPECT_LE(n, 16) << "after five minutes, and less by chance";
    EXPECT_GE(n, 9);
  }
}

TEST_F(WorkerTest, OneThatHasJustPrintedIsProbedSoon) {
  configure(1);
  start();
  time_.run_for(1h);
  take_in(1, 1, pool(1));
  EXPECT_GE(probes_in(1min, 1), 3);
}

TEST_F(WorkerTest, ProbesAreBoundedAndSpread) {
  configure(60);
  all_.probe_takes = 1s;
  start(5);
  time_.run_for(5min);
  EXPECT_EQ(all_.most_probes, 5);
  for (int n = 1; n <= 60; ++n) EXPECT_TRUE(view(n).up) << n;
}

TEST_F(WorkerTest, ARegisterIsUpWhileItIsProbed) {
  configure(1);
  start();
  time_.run_for(1min);
  all_.probe_takes = 30s;
  const int before = probes(1);
  while (probes(1) == before) time_.run_for(1s);
  EXPECT_EQ(all_.probes_now, 1);
  EXPECT_TRUE(view(1).up);
}

TEST_F(WorkerTest, OneThatWasOffForTheNightIsProbedWhenAReceiptWaits) {
  configure(1);
  all_.down.emplace("1");
  start();
  time_.run_for(30min);
  all_.down.clear();
  take_in(1, 1, pool(1));
  time_.run_for(kHealth * 2);
  EXPECT_EQ(all_.printed[RegisterId("1")], 1);
}

TEST_F(WorkerTest, AChangedDocumentIsLookedAtAtOnceWhetherItsRegisterIsUpOrDown) {
  configure(2);
  all_.down.emplace("2");
  start();
  time_.run_for(30min);
  const std::pair before(probes(1), probes(2));
  configure(2);
  time_.run_for(1s);
  EXPECT_EQ(probes(1), before.first + 1);
  EXPECT_EQ(probes(2), before.second + 1);
}

TEST_F(WorkerTest, WhileItStaysOffItIsNotProbedMoreOftenThanThat) {
  configure(1);
  all_.down.emplace("1");
  start();
  time_.run_for(30min);
  take_in(1, 1, pool(1));
  EXPECT_LE(probes_in(10min, 1), 10min / kHealth + 1);
}

TEST_F(WorkerTest, WhatAnotherWorkerTookInIsFound) {
  configure(3);
  start();
  time_.run_for(1h);
  queue(1, 1, pool(2));
  time_.run_for(1s);
  EXPECT_EQ(all_.printed[RegisterId("2")], 1);
}

// Register 1 can express none of the first receipts, register 2 is dead: what stands behind them is for register 1.
TEST_F(WorkerTest, I7_ManyReceiptsForADeadRegisterDoNotHoldUpALivingOne) {
  configure(2, true);
  all_.unable.emplace("1");
  all_.down.emplace("2");
  start();
  time_.run_for(1min);
  take_in(1, 40, pool(1));
  time_.run_for(1s);
  all_.unable.clear();  // what comes now it can
  take_in(41, 41, pool(1));
  time_.run_for(1s);
  EXPECT_EQ(all_.printed[RegisterId("1")], 1);
}

TEST_F(WorkerTest, Rule17_ALifeThatWasNotComparedTellsNothing) {
  configure(1);
  all_.down.emplace("1");
  start();
  time_.run_for(1min);
  published_.away = true;
  memory_.start_again();
  take_in(1, 3, pool(1));
  time_.run_for(1min);
  EXPECT_EQ(told_, 0);
  published_.away = false;
  time_.run_for(1min);
  EXPECT_EQ(told_, 3);
}

TEST_F(WorkerTest, ARegisterThatMovesToAnotherPoolPrintsThere) {
  configure(2);
  all_.down.emplace("2");
  start();
  time_.run_for(1min);
  auto moved = std::make_shared<configuration::Snapshot>(*configuration_);
  auto entry = std::make_shared<configuration::Register>(*moved->registers.at(RegisterId("1")));
  entry->pool = pool(2);
  moved->registers[RegisterId("1")] = entry;
  moved->registers_by_pool = {{pool(2), {entry, moved->registers.at(RegisterId("2"))}}};
  configuration_ = moved;
  take_in(1, 1, pool(2));
  time_.run_for(30s);
  EXPECT_EQ(view(1).pool, pool(2));
  EXPECT_EQ(all_.printed[RegisterId("1")], 1);
}

TEST_F(WorkerTest, ARegisterThatLeavesTheConfigurationHasNoLane) {
  configure(2);
  start();
  time_.run_for(1min);
  configure(1);
  time_.run_for(1s);
  ASSERT_EQ(worker_->views().size(), 1);
  EXPECT_EQ(worker_->views().front().register_id, RegisterId("1"));
}

}  // namespace
}  // namespace kassaflow::fiscalizer
