#include "leases.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <numeric>

#include "kassaflow/receipts/id.hpp"
#include "paused_child.hpp"

namespace kassaflow::fiscalizer {
namespace {

using namespace std::chrono_literals;

const WorkerId kA("a");
const WorkerId kB("b");

std::vector<ShardRow> shards_of(const WorkerId& worker) {
  std::vector<ShardRow> rows(receipts::kShards);
  for (int i = 0; i < receipts::kShards; ++i) rows[static_cast<std::size_t>(i)] = {i, worker, 7};
  return rows;
}

TEST(LeasePlan, TheOnlyWorkerClaimsEverythingFree) {
  const auto result = rebalance(kA, {kA}, shards_of({}));
  EXPECT_EQ(result.take_over.size(), static_cast<std::size_t>(receipts::kShards));
  EXPECT_TRUE(result.release.empty());
}

TEST(LeasePlan, NothingOfALivingWorkerIsClaimed) {
  EXPECT_TRUE(rebalance(kA, {kA, kB}, shards_of(kB)).take_over.empty());
}

TEST(LeasePlan, ADeadWorkersShardsAreClaimedAsObserved) {
  const auto result = rebalance(kA, {kA}, shards_of(kB));
  ASSERT_EQ(result.take_over.size(), static_cast<std::size_t>(receipts::kShards));
  EXPECT_EQ(result.take_over.front().worker, kB);
  EXPECT_EQ(result.take_over.front().epoch, 7);
}

TEST(LeasePlan, TheShareAboveTheFairOneIsGivenAway) {
  EXPECT_EQ(rebalance(kA, {kA, kB}, shards_of(kA)).release.size(), 512U);
  EXPECT_EQ(rebalance(kA, {kA, kB, WorkerId("c")}, shards_of(kA)).release.size(),
            static_cast<std::size_t>(receipts::kShards) - 342U);
}

TEST(LeasePlan, ANewWorkerClaimsNoMoreThanItsShare) {
  EXPECT_EQ(rebalance(kA, {kA, kB}, shards_of({})).take_over.size(), 512U);
}

// Rule 4: take-over only after our own clock has seen an unchanged counter for a whole lease.
TEST(Observer, AWorkerIsAliveUntilItsCounterStoodStillForALease) {
  Observer observer;
  const auto t0 = async::Clock::time_point{} + 1h;
  EXPECT_EQ(observer.alive({{kB, 5}}, t0, 10s), std::vector{kB});
  EXPECT_EQ(observer.alive({{kB, 5}}, t0 + 9999ms, 10s), std::vector{kB});
  EXPECT_TRUE(observer.alive({{kB, 5}}, t0 + 10s, 10s).empty());
  EXPECT_EQ(observer.alive({{kB, 6}}, t0 + 11s, 10s), std::vector{kB}) << "it moved again";
}

TEST(Observer, AnOldCounterSeenForTheFirstTimeCountsAsAlive) {
  Observer observer;
  EXPECT_EQ(observer.alive({{kB, 123456}}, async::machine_clock().now(), 10s).size(), 1U);
}

// Rule 3: no lease, no bytes.
TEST(LeaseGuard, RefusesWithoutALease) {
  boost::asio::io_context io;
  postgres::Database pool(
      {.uri = "postgresql://127.0.0.1:1/none", .application_name = "test", .threads = 1, .search_path = "x"});
  Leases leases(io.get_executor(), async::machine_clock(), pool, {kA, 10s});
  LeaseGuard guard(leases, Fence{1, 1});
  EXPECT_EQ(guard.arm(), std::nullopt);
}

// Rule 3: a pause between the check and the end of the write ends the process.
TEST(LifeTimer, KillsAProcessThatIsPausedPastItsLease) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    LifeTimer timer;
    if (!timer.arm(50ms)) _exit(1);
    raise(SIGSTOP);
    _exit(0);  // reached only when somebody continues it in time
  }
  const int status = end_of(child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << status;
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(LifeTimer, LetsAProcessLiveOnceDisarmed) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    LifeTimer timer;
    if (!timer.arm(10s)) _exit(1);
    timer.disarm();
    _exit(timer.armed() ? 1 : 0);
  }
  const int status = end_of(child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
