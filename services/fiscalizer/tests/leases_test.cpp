#include "leases.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>

#include "kassaflow/receipts/id.hpp"
#include "lease_store_suite.hpp"
#include "manual_clock.hpp"
#include "memory_lease_store.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kLease = 10s;
constexpr int kShards = receipts::kShards;
const WorkerId kA("a");
const WorkerId kB("b");
const WorkerId kC("c");

std::vector<ShardRow> shards_of(const WorkerId& worker) {
  std::vector<ShardRow> rows(kShards);
  for (int i = 0; i < kShards; ++i) rows[static_cast<std::size_t>(i)] = {i, worker, 7};
  return rows;
}

WorkerRow stays(const WorkerId& worker) { return {worker, 1}; }
WorkerRow leaves(const WorkerId& worker) { return {worker, 1, true}; }

TEST(LeasePlan, TheOnlyWorkerClaimsEverythingFree) {
  const auto result = rebalance(kA, {stays(kA)}, shards_of({}));
  EXPECT_EQ(result.take_over.size(), static_cast<std::size_t>(kShards));
  EXPECT_TRUE(result.release.empty());
}

TEST(LeasePlan, NothingOfALivingWorkerIsClaimed) {
  EXPECT_TRUE(rebalance(kA, {stays(kA), stays(kB)}, shards_of(kB)).take_over.empty());
  EXPECT_TRUE(rebalance(kA, {stays(kA), leaves(kB)}, shards_of(kB)).take_over.empty());
}

TEST(LeasePlan, ADeadWorkersShardsAreClaimedAsObserved) {
  const auto result = rebalance(kA, {stays(kA)}, shards_of(kB));
  ASSERT_EQ(result.take_over.size(), static_cast<std::size_t>(kShards));
  EXPECT_EQ(result.take_over.front().worker, kB);
  EXPECT_EQ(result.take_over.front().epoch, 7);
}

TEST(LeasePlan, TheShareAboveTheFairOneIsGivenAway) {
  EXPECT_EQ(rebalance(kA, {stays(kA), stays(kB)}, shards_of(kA)).release.size(), 512U);
  EXPECT_EQ(rebalance(kA, {stays(kA), stays(kB), stays(kC)}, shards_of(kA)).release.size(), kShards - 342U);
}

TEST(LeasePlan, ANewWorkerClaimsNoMoreThanItsShare) {
  EXPECT_EQ(rebalance(kA, {stays(kA), stays(kB)}, shards_of({})).take_over.size(), 512U);
  EXPECT_EQ(rebalance(kA, {stays(kB)}, shards_of({})).take_over.size(), 512U) << "it has no row yet";
}

TEST(LeasePlan, WhoLeavesGivesAllAwayAndCountsNoMore) {
  EXPECT_EQ(rebalance(kA, {leaves(kA), stays(kB)}, shards_of(kA)).release.size(), static_cast<std::size_t>(kShards));
  EXPECT_TRUE(rebalance(kA, {leaves(kA)}, shards_of({})).take_over.empty());
  EXPECT_EQ(rebalance(kB, {leaves(kA), stays(kB)}, shards_of({})).take_over.size(), static_cast<std::size_t>(kShards));
}

// Rule 4: take-over only after our own clock has seen an unchanged heartbeat for a whole lease. Of one other worker,
// whose lease began no later than the end of the look that showed its heartbeat first.
struct Seen {
  async::Clock::duration began, ended;
  std::int64_t heartbeat;
  bool alive;
};
struct Watched {
  const char* name;
  std::vector<Seen> looks;
};
class ObserverTest : public testing::TestWithParam<Watched> {};

TEST_P(ObserverTest, Rule4_SaysWhoIsAlive) {
  Observer observer;
  const async::Clock::time_point start{1000h};
  for (const auto& seen : GetParam().looks) {
    const auto watch = observer.watch({start + seen.began, start + seen.ended, {{kB, seen.heartbeat}}}, kLease);
    EXPECT_EQ(watch.alive.size(), seen.alive ? 1U : 0U) << seen.began / 1ms << " ms";
    EXPECT_EQ(watch.dead.size(), seen.alive ? 0U : 1U) << seen.began / 1ms << " ms";
  }
}

// Beats that stand still at 5, looked at every two seconds.
std::vector<Seen> still(std::vector<Seen> looks, async::Clock::duration from, async::Clock::duration to,
                        std::vector<Seen> then) {
  for (auto at = from; at <= to; at += 2s) looks.push_back({at, at, 5, true});
  looks.insert(looks.end(), then.begin(), then.end());
  return looks;
}

INSTANTIATE_TEST_SUITE_P(
    Leases, ObserverTest,
    testing::Values(
        Watched{"UntilItStoodStillForALease", still({}, 0s, 8s, {{9999ms, 9999ms, 5, true}, {10s, 10s, 5, false}})},
        Watched{"AgainWhenItMovedAgain", still({}, 0s, 8s, {{10s, 10s, 5, false}, {12s, 12s, 6, true}})},
        Watched{"AsLongAsItMoves", {{0s, 0s, 1, true}, {4s, 4s, 2, true}, {8s, 8s, 3, true}, {12s, 12s, 4, true}}},
        Watched{"ALeaseAfterTheEndOfTheLookThatShowedItFirst",
                still({{0s, 1500ms, 5, true}}, 2s, 10s, {{11499ms, 11499ms, 5, true}, {11500ms, 11500ms, 5, false}})},
        Watched{"UpToTheBeginningOfTheLookThatStillShowsIt",
                still({}, 0s, 8s, {{9900ms, 12s, 5, true}, {12s, 12s, 5, false}})},
        Watched{"AfterAGapForALeaseFromThereOn",
                still({{0s, 0s, 5, true}}, 14s, 22s, {{23999ms, 23999ms, 5, true}, {24s, 24s, 5, false}})},
        Watched{"AfterAGapOfMoreThanHalfALease",
                still({{0s, 0s, 5, true}}, 5001ms, 13001ms, {{15s, 15s, 5, true}, {15001ms, 15001ms, 5, false}})},
        Watched{
            "NoMoreAfterAGapUntilItMoves",
            still({}, 0s, 8s, {{10s, 10s, 5, false}, {30s, 30s, 5, false}, {50s, 50s, 6, true}, {70s, 70s, 6, true}})},
        Watched{"NotLongerForAGapOfHalfALease", still({{0s, 0s, 5, true}}, 5s, 9s, {{10s, 10s, 5, false}})},
        Watched{"AfterALookThatHungForALeaseFromItsEndOn",
                still({{0s, 0s, 5, true}, {2s, 14s, 5, true}}, 14s, 22s, {{24s, 24s, 5, false}})},
        Watched{"AfterManyGapsForALeaseFromTheLastOn",
                still({{0s, 0s, 5, true}, {6s, 6s, 5, true}, {12s, 12s, 5, true}}, 18s, 26s, {{28s, 28s, 5, false}})}),
    [](const auto& watched) { return std::string(watched.param.name); });

TEST(Observer, Rule4_AnOldHeartbeatSeenForTheFirstTimeCountsAsAlive) {
  Observer observer;
  const async::Clock::time_point now{1000h};
  EXPECT_EQ(observer.watch({now, now, {{kB, 123456}}}, kLease).alive.size(), 1U);
}

TEST(Observer, Rule4_SaysThatOurOwnLeaseRanOut) {
  Observer observer;
  const async::Clock::time_point now{1000h};
  EXPECT_FALSE(observer.watch({now, now, {}}, kLease).lapsed);
  EXPECT_FALSE(observer.watch({now + 10s, now + 10s, {}}, kLease).lapsed);
  EXPECT_TRUE(observer.watch({now + 11s, now + 20001ms, {}}, kLease).lapsed) << "at the end of a look that hung";
}

// --- the keeper ---

struct MemorySuite : testing::Test {
  LeaseStore& store() { return store_; }
  void set(const ShardRow& row) { store_.set(row); }
  asio::io_context io;
  async::ManualClock clock_;
  journal::Memory memory_{clock_};
  journal::MemoryLeaseStore store_{io.get_executor(), clock_, memory_};
};
INSTANTIATE_TYPED_TEST_SUITE_P(InMemory, LeaseStoreSuite, MemorySuite);

class LeasesInMemory : public testing::Test {
 protected:
  // A worker whose lanes may be kept from running.
  struct Worker {
    Worker(LeasesInMemory& test, WorkerId id)
        : leases(test.keeper_.get_executor(), lanes.get_executor(), test.clock_, test.store_, {std::move(id), kLease}) {
      leases.busy_when([this] { return busy; });
    }
    [[nodiscard]] bool holds(int shard, std::int64_t epoch) const { return leases.holds({shard, epoch}); }
    asio::io_context lanes;
    Leases leases;
    std::set<int> busy;
  };

  void look(Worker& worker, bool lanes_run = true) {
    answer_of(keeper_, [](Leases& leases) -> asio::awaitable<bool> {
      co_await leases.look();
      co_return true;
    }(worker.leases));
    if (!lanes_run) return;
    worker.lanes.restart();
    worker.lanes.poll();
  }
  // Everybody looks as often as in real life.
  void pass(async::Clock::duration time, const std::vector<Worker*>& workers) {
    for (auto passed = 0s; passed < time; passed += 2s) {
      clock_.advance(2s);
      for (auto* worker : workers) look(*worker);
    }
  }

  asio::io_context keeper_;
  async::ManualClock clock_;
  journal::Memory memory_{clock_};
  journal::MemoryLeaseStore store_{keeper_.get_executor(), clock_, memory_};
};

TEST_F(LeasesInMemory, Rule4_TheShardsOfOneThatIsSilentForALeaseAreTaken) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  pass(8s, {&b});
  EXPECT_EQ(store_.held_by(kB), 0);
  pass(4s, {&b});
  EXPECT_EQ(store_.held_by(kB), kShards);
  EXPECT_FALSE(store_.knows(kA));
}

TEST_F(LeasesInMemory, TakeoversAreCountedByHowTheShardCameFree) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  EXPECT_EQ(a.leases.takeovers().released, 0U);
  look(a);
  EXPECT_EQ(a.leases.takeovers().released, static_cast<std::uint64_t>(kShards)) << "nobody's before";
  look(b);
  pass(4s, {&a, &b});
  EXPECT_EQ(b.leases.takeovers().released, 512U) << "given back";
  EXPECT_EQ(b.leases.takeovers().expired, 0U);
  pass(14s, {&b});
  EXPECT_EQ(store_.held_by(kB), kShards);
  EXPECT_EQ(b.leases.takeovers().released, 512U);
  EXPECT_EQ(b.leases.takeovers().expired, 512U);
  EXPECT_EQ(a.leases.takeovers().expired, 0U);
}

// The first worker back after an outage has seen nobody move: they could not write either.
TEST_F(LeasesInMemory, Rule4_AfterAnOutageLongerThanTheLeaseNobodyIsRobbed) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  clock_.advance(15s);
  look(b);
  EXPECT_EQ(store_.held_by(kA), kShards);
  pass(8s, {&b});
  EXPECT_EQ(store_.held_by(kA), kShards);
  look(a);
  EXPECT_TRUE(a.holds(0, 1));
  pass(30s, {&a, &b});
  EXPECT_EQ(store_.held_by(kA), 512);
  EXPECT_EQ(store_.held_by(kB), 512);
}

TEST_F(LeasesInMemory, Rule4_AWorkerThatStoodLongerThanALeaseTakesNothingBeforeItHasLookedTwice) {
  Worker a(*this, kA);
  store_.set(ShardRow{7, kB, 3});
  look(a);
  EXPECT_EQ(store_.held_by(kA), 512);
  store_.set(ShardRow{7, {}, 3});
  store_.forget(kB);
  clock_.advance(kLease + 1ms);
  look(a);
  EXPECT_EQ(store_.held_by({}), 512);
  clock_.advance(2s);
  look(a);
  EXPECT_EQ(store_.shard(7).worker, kA);
}

// The look showed a dead worker, then the process stood still, and the dead one came back.
TEST_F(LeasesInMemory, Rule4_WhoCameBackBetweenLookAndTakeOverKeepsItsShards) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  pass(8s, {&b});
  clock_.advance(2s);
  int arrived = 0;
  store_.passable = [&](const WorkerId& worker) {
    // b's look arrives, its answer leaves, and now its change would arrive.
    if (worker == kB && ++arrived == 3) store_.set(WorkerRow{kA, store_.heartbeat(kA) + 1});
    return true;
  };
  look(b);
  EXPECT_GE(arrived, 3);
  EXPECT_EQ(store_.held_by(kA), kShards);
}

TEST_F(LeasesInMemory, Rule4_AWorkerThatWasForgottenShowsNoHeartbeatAgain) {
  Worker a(*this, kA);
  std::set<std::int64_t> shown;
  for (int life = 0; life < 10; ++life) {
    for (int beat = 0; beat < 3; ++beat) {
      look(a);
      EXPECT_TRUE(shown.insert(store_.heartbeat(kA)).second);
    }
    store_.forget(kA);
  }
}

TEST_F(LeasesInMemory, Rule3_TheLeaseIsReckonedFromBeforeTheHeartbeatWasWritten) {
  Worker a(*this, kA);
  look(a);
  const auto before = clock_.now();
  store_.road = [](const WorkerId&) { return journal::MemoryLeaseStore::Road{3s, 4s}; };
  auto looked = asio::co_spawn(keeper_, a.leases.look(), asio::use_future);
  for (int second = 0; second < 7; ++second) {
    keeper_.restart();
    keeper_.poll();
    clock_.advance(1s);
  }
  keeper_.restart();
  keeper_.poll();
  ASSERT_EQ(looked.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(a.leases.held_until({0, 1}), before + kLease);
}

TEST_F(LeasesInMemory, ALongComputationOfTheLanesCostsNoLease) {
  Worker a(*this, kA);
  look(a);
  for (int time = 0; time < 30; ++time) {
    clock_.advance(2s);
    look(a, false);
  }
  EXPECT_TRUE(a.leases.may_start(0));
}

// As in a worker: the keeper's thread is its own, and that of the lanes computes on and on.
TEST(LeasesOnThreads, TheKeeperRenewsWhileTheLanesAskAndComputeOn) {
  asio::io_context lanes;
  asio::thread_pool keeper(1);
  std::atomic<int> looks = 0;
  journal::Memory memory(async::machine_clock());
  journal::MemoryLeaseStore store(keeper.get_executor(), async::machine_clock(), memory);
  store.road = [&](const WorkerId&) {
    ++looks;
    return journal::MemoryLeaseStore::Road{};
  };
  Leases leases(keeper.get_executor(), lanes.get_executor(), async::machine_clock(), store, {kA, 5s});
  auto ended = asio::co_spawn(keeper, leases.run(), asio::use_future);
  while (!leases.may_start(0)) {
  }
  const auto fence = leases.may_start(0).value();
  const auto first = leases.held_until(fence).value();
  while (leases.held_until(fence).value() == first) EXPECT_TRUE(leases.holds(fence));
  EXPECT_GT(leases.held_until(fence).value(), first);
  leases.leave();
  EXPECT_FALSE(leases.may_start(0));
  auto stopped = asio::co_spawn(lanes, leases.stop(), asio::use_future);
  lanes.run();
  ended.get();
  stopped.get();
  EXPECT_GE(looks, 3);
  EXPECT_FALSE(store.knows(kA));
  keeper.join();
}

TEST_F(LeasesInMemory, Rule3_ALostShardIsKnownWithTheRenewalAlsoWhileTheLanesAreBusy) {
  Worker a(*this, kA);
  look(a);
  ASSERT_TRUE(a.holds(7, 1));
  store_.set(ShardRow{7, kB, 2});
  clock_.advance(2s);
  look(a, false);
  EXPECT_FALSE(a.holds(7, 1));
  EXPECT_TRUE(a.holds(6, 1));
}

TEST_F(LeasesInMemory, Rule4_AShardLeavesOurBooksBeforeItIsReleasedInTheStore) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  int released = 0;
  store_.on_gone = [&](const ShardRow& was, const WorkerId&) {
    ++released;
    EXPECT_FALSE(a.holds(was.shard, was.epoch)) << was.shard;
    EXPECT_FALSE(a.leases.may_start(was.shard)) << was.shard;
  };
  pass(4s, {&a});
  EXPECT_EQ(released, 512);
  EXPECT_EQ(a.leases.held().size(), 512U);
}

TEST_F(LeasesInMemory, AReleaseThatFailedIsTriedAgainAndTheShardStaysOutOfOurBooks) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  clock_.advance(2s);
  look(a);  // the lanes give up what is idle
  int requests = 0;
  store_.passable = [&](const WorkerId&) { return ++requests != 3; };  // there and back, and the change does not arrive
  clock_.advance(2s);
  look(a);
  EXPECT_EQ(store_.held_by(kA), kShards);
  EXPECT_EQ(a.leases.held().size(), 512U);
  clock_.advance(2s);
  look(a);
  EXPECT_EQ(store_.held_by(kA), 512);
}

TEST_F(LeasesInMemory, Rule4_NothingIsReleasedWhileSomethingIsUnderWayOnIt) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  look(b);
  a.busy = {kShards - 1};
  pass(10s, {&a, &b});
  EXPECT_EQ(store_.held_by(kA), 513);
  EXPECT_TRUE(a.holds(kShards - 1, 1)) << "what is under way goes on";
  EXPECT_FALSE(a.leases.may_start(kShards - 1)) << "and nothing new begins";
  a.busy.clear();
  pass(4s, {&a, &b});
  EXPECT_EQ(store_.held_by(kA), 512);
}

// On shutdown a register that keeps its answer for minutes holds back its own shard, and no other.
TEST_F(LeasesInMemory, WhoLeavesGivesWhatIsIdleToTheOthersAtOnce) {
  Worker a(*this, kA);
  Worker b(*this, kB);
  look(a);
  pass(10s, {&a, &b});
  a.busy = {3};
  a.leases.leave();
  EXPECT_FALSE(a.leases.may_start(3));
  EXPECT_TRUE(a.holds(3, 1));
  pass(4s, {&a, &b});
  EXPECT_EQ(store_.held_by(kA), 1);
  EXPECT_EQ(store_.held_by(kB), kShards - 1);
  pass(60s, {&a, &b});
  EXPECT_TRUE(a.holds(3, 1)) << "its heart beats on";
  a.busy.clear();
  pass(4s, {&a, &b});
  EXPECT_EQ(store_.held_by(kB), kShards);
}

TEST_F(LeasesInMemory, WhatIsTakenOverWhileItStopsIsReleasedToo) {
  Worker a(*this, kA);
  store_.road = [](const WorkerId&) { return journal::MemoryLeaseStore::Road{1s, 1s}; };
  asio::co_spawn(keeper_, a.leases.run(), asio::detached);
  const auto turn = [&] {
    for (auto* io : {&keeper_, &a.lanes}) {
      io->restart();
      io->poll();
    }
  };
  for (int second = 0;; ++second) {
    ASSERT_LT(second, 10);
    turn();
    if (store_.held_by(kA) > 0) break;  // and the answer is on its way back
    clock_.advance(1s);
  }
  auto stopped = asio::co_spawn(a.lanes, a.leases.stop(), asio::use_future);
  for (int second = 0; second < 10; ++second) {
    turn();
    clock_.advance(1s);
  }
  turn();
  EXPECT_EQ(stopped.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(store_.held_by(kA), 0);
  EXPECT_FALSE(store_.knows(kA));
  EXPECT_TRUE(a.leases.held().empty());
}

}  // namespace
}  // namespace kassaflow::fiscalizer
