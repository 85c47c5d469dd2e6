// A worker's lanes on virtual time, over the journal in memory: what many idle registers cost, and who is asked when.

#include "worker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "manual_time.hpp"
#include "memory_lease_store.hpp"
#include "memory_store.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using async::Clock;
using journal::Transaction;
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

class OneRegister final : public registers::Driver {
 public:
  OneRegister(Registers& all, RegisterId id) : all_(all), id_(std::move(id)) {}
  [[nodiscard]] registers::Capabilities capabilities() const override { return {.manages_shifts = true}; }
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
  asio::awaitable<Finding> ask(const registers::AttemptRef& /*attempt*/) override { co_return Finding{}; }
  [[nodiscard]] std::optional<Finding> read_callback(const registers::AttemptRef& /*attempt*/,
                                                     std::string_view /*body*/) const override {
    return std::nullopt;
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand /*command*/, const fiscal::Till& /*till*/,
                                                 const std::string& key) const override {
    return {key};
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand /*command*/, const registers::AttemptRef& /*attempt*/,
                                      http::WriteGuard& /*guard*/) override {
    co_return Finding{};
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

class NothingPublished final : public Published {
 public:
  bool away = false;
  asio::awaitable<std::optional<std::vector<std::string>>> latest() override {
    if (away) co_return std::nullopt;
    co_return std::vector<std::string>();
  }
  asio::awaitable<bool> read(Take take) override { co_return co_await take({}); }
  asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts() override { co_return std::vector<kafka::LogEnd>(); }
};

class NoTimer final : public LifeTimer {
 public:
  bool arm(Clock::duration /*life*/) override { return true; }
  void disarm() override {}
};

std::string number(int n) { return std::to_string(n); }
PoolId pool(int n) { return PoolId("pool-" + number(n)); }

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() { settings_.register_health = kHealth; }
  ~WorkerTest() override {
    if (!worker_) return;
    time_.run(worker_->stop());
    time_.run_out();
  }

  // Registers 1…n, each in a pool of its own, or all in pool 1.
  void configure(int registers, bool one_pool = false) {
    auto snapshot = std::make_shared<configuration::Snapshot>();
    snapshot->revision = 1;
    for (int n = 1; n <= registers; ++n) {
      auto entry = std::make_shared<configuration::Register>();
      entry->revision = 1;
      entry->pool = pool(one_pool ? 1 : n);
      entry->tenant = kTenant;
      entry->settings.id = RegisterId(number(n));
      entry->settings.identity = RegisterIdentity("bit:" + number(n));
      entry->settings.protocol = registers::find_protocol("itkassa");
      snapshot->registers.emplace(entry->settings.id, entry);
      snapshot->registers_by_pool[entry->pool].push_back(entry);
      snapshot->pools.emplace(entry->pool, std::make_shared<configuration::Pool>(entry->pool, kTenant));
    }
    configuration_ = snapshot;
  }
  void start(std::size_t probes_at_once = 1000) {
    worker_ = std::make_unique<Worker>(WorkerDependencies{
        .executor = time_.executor(),
        .clock = time_.clock(),
        .settings = settings_,
        .id = WorkerId("worker"),
        .store = store_,
        .keeper = time_.executor(),
        .lease_store = lease_store_,
        .publish = [this](const ReceiptId&, const std::string&) -> asio::awaitable<Result<kafka::Position>> {
          ++told_;
          co_return kafka::Position{};
        },
        .published = published_,
        .configuration = [this] { return configuration_; },
        .make_driver =
            [this](const registers::RegisterSettings& one) { return std::make_unique<OneRegister>(all_, one.id); },
        .jitter = [this] { return jitter_ = jitter_ < 0.9 ? jitter_ + 0.1 : 0; },
        .probes_at_once = probes_at_once,
        .life_timer = [] { return std::make_unique<NoTimer>(); }});
    worker_->start();
  }
  // Told to the worker, or found by it.
  void queue(int first, int last, const PoolId& where, bool told = true) {
    memory_.transact([&](Transaction& tx) {
      std::vector<NewReceipt> receipts;
      for (int n = first; n <= last; ++n) {
        v1::Receipt content;
        fiscal::Receipt receipt;
        receipt.lines.resize(1);
        auto& one = receipts.emplace_back();
        one.id = ReceiptId("11111111-2222-8333-8444-" + std::string(12 - number(n).size(), '0') + number(n));
        one.unique_id = number(n);
        one.row.tenant = kTenant;
        one.row.pool = where;
        one.row.content = records::to_record(receipt).SerializeAsString();
        one.row.readable = true;
      }
      tx.insert_receipts(receipts);
    });
    if (told) worker_->taken_in({where});
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
  const TenantId kTenant{"acme"};
  FiscalizerSettings settings_;
  async::ManualTime time_;
  int transactions_ = 0;
  journal::Memory memory_{time_.clock()};
  journal::MemoryStore store_{time_.clock(), memory_, [this] {
                                ++transactions_;
                                return journal::Fate{};
                              }};
  journal::MemoryLeaseStore lease_store_{time_.executor(), time_.clock(), memory_};
  NothingPublished published_;
  int told_ = 0;
  Registers all_{time_.clock()};
  double jitter_ = 0;
  std::shared_ptr<const configuration::Snapshot> configuration_ = std::make_shared<configuration::Snapshot>();
  std::unique_ptr<Worker> worker_;
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
  queue(1, 1, pool(1));
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
  queue(1, 1, pool(1));
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
  queue(1, 1, pool(1));
  EXPECT_LE(probes_in(10min, 1), 10min / kHealth + 1);
}

TEST_F(WorkerTest, WhatAnotherWorkerTookInIsFound) {
  configure(3);
  start();
  time_.run_for(1h);
  queue(1, 1, pool(2), false);
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
  queue(1, 40, pool(1));
  time_.run_for(1s);
  all_.unable.clear();  // what comes now it can
  queue(41, 41, pool(1));
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
  queue(1, 3, pool(1));
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
  queue(1, 1, pool(2));
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
