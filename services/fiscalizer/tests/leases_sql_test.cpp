// Rules 3 and 4 against a real PostgreSQL: who holds a shard, and when its bytes may leave.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "leases.hpp"
#include "paused_child.hpp"
#include "postgres_journal.hpp"

namespace kassaflow::fiscalizer {
namespace {

using namespace std::chrono_literals;

constexpr int kShard = 1;

class LeasesTest : public PostgresJournalTest {
 protected:
  LeasesTest() { free_shards(7); }

  // A worker that has its first look behind it.
  struct Worker {
    explicit Worker(async::Clock::duration lease)
        : pool(options()), leases(io.get_executor(), async::machine_clock(), pool, {WorkerId("a"), lease}) {
      bool looked = false;
      leases.on_change([&] { looked = true; });
      boost::asio::co_spawn(io, leases.run(), [](std::exception_ptr) {});
      while (!looked) io.run_one();
    }
    boost::asio::io_context io;
    postgres::Database pool;
    Leases leases;
  };
};

TEST_F(LeasesTest, Rule4_AShardIsClaimedOnlyAsItWasSeen) {
  const auto claim_by = [&](const std::string& worker, ShardRow seen) {
    return sql([&](pqxx::work& work) { return take_over(work, WorkerId(worker), {seen}); }).size();
  };
  const ShardRow seen{kShard, {}, 7};
  EXPECT_EQ(claim_by("a", seen), 1U);
  EXPECT_EQ(claim_by("b", seen), 0U) << "taken since";
  EXPECT_EQ(claim_by("b", {kShard, WorkerId("a"), 7}), 0U) << "another epoch";
  EXPECT_EQ(claim_by("b", {kShard, WorkerId("c"), 8}), 0U) << "another worker";
  EXPECT_EQ(one("select worker || '/' || epoch from shards where shard = 1"), "a/8");
  EXPECT_EQ(claim_by("b", {kShard, WorkerId("a"), 8}), 1U);
  EXPECT_EQ(one("select worker || '/' || epoch from shards where shard = 1"), "b/9");
}

TEST_F(LeasesTest, Rule3_BytesLeaveOnlyUnderTheEpochOfTheAttempt) {
  Worker worker(60s);
  LeaseGuard ours(worker.leases, Fence{kShard, 8});
  EXPECT_TRUE(ours.arm());
  ours.disarm();
  LeaseGuard older(worker.leases, Fence{kShard, 7});
  EXPECT_FALSE(older.arm());
}

TEST_F(LeasesTest, Rule3_BytesDoNotLeaveInTheLastSecondsOfALease) {
  Worker worker(LeaseGuard::kMargin);
  LeaseGuard guard(worker.leases, Fence{kShard, 8});
  EXPECT_TRUE(worker.leases.holds(Fence{kShard, 8}));
  EXPECT_FALSE(guard.arm());
}

TEST_F(LeasesTest, Rule3_AProcessThatIsPausedAroundTheWriteEndsWithItsLease) {
  Worker worker(LeaseGuard::kMargin + 1s);
  const pid_t child = fork();  // only this thread goes on in it, and touches nothing of the others
  ASSERT_GE(child, 0);
  if (child == 0) {
    LeaseGuard guard(worker.leases, Fence{kShard, 8});
    if (!guard.arm()) _exit(1);
    raise(SIGSTOP);
    _exit(0);
  }
  const int status = end_of(child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit status " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
