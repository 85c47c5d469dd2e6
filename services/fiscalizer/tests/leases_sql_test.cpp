// Rules 3 and 4 against a real PostgreSQL: who holds a shard, and when its bytes may leave.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <optional>
#include <stdexcept>

#include "journal/postgres_lease_store.hpp"
#include "lease_guard.hpp"
#include "lease_store_suite.hpp"
#include "manual_clock.hpp"
#include "paused_child.hpp"
#include "postgres_journal.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int kShard = 1;
constexpr auto kLease = 10s;

class LeasesTest : public PostgresJournalTest {
 protected:
  LeasesTest() { free_shards(7); }

  struct Worker {
    Worker(const std::string& name, async::Clock& clock, async::Clock::duration lease = kLease)
        : pool({.uri = journal_server().uri(), .application_name = name, .threads = 1, .search_path = "fiscalizer"}),
          leases(io.get_executor(), io.get_executor(), clock, store, {WorkerId(name), lease}) {}
    std::future<bool> begin_look() {
      return asio::co_spawn(
          io,
          [](Leases& leases_of_worker) -> asio::awaitable<bool> {
            co_await leases_of_worker.look();
            co_return true;
          }(leases),
          asio::use_future);
    }
    void end(std::future<bool> look) {
      io.restart();
      while (look.wait_for(0s) != std::future_status::ready) io.run_one();
      io.restart();
      io.poll();  // and what the lanes are told
    }
    void look() { end(begin_look()); }
    asio::io_context io;
    postgres::Database pool;
    journal::PostgresLeaseStore store{pool};
    Leases leases;
  };

  // What another session has begun and not committed.
  class Unfinished {
   public:
    explicit Unfinished(const std::string& statement) : connection_(journal_server().uri()), work_(connection_) {
      work_.exec("set search_path = fiscalizer");
      work_.exec(statement);
    }
    void commit() { work_.commit(); }

   private:
    pqxx::connection connection_;
    pqxx::work work_;
  };

  // Until the session of that worker waits for a lock.
  void until_it_waits(const std::string& worker) {
    const auto give_up = std::chrono::steady_clock::now() + 30s;
    while (one("select count(*) from pg_stat_activity where application_name = '" + worker +
               "' and wait_event_type = 'Lock'") == "0") {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error(worker + " does not wait for a lock");
    }
  }
  std::string held_by(const std::string& worker) {
    return one("select count(*) from shards where worker = '" + worker + "'");
  }
  void pass(async::Clock::duration time, const std::vector<Worker*>& workers) {
    for (auto passed = 0s; passed < time; passed += 2s) {
      clock_.advance(2s);
      for (auto* worker : workers) worker->look();
    }
  }

  async::ManualClock clock_;
};

class PostgresSuite : public LeasesTest {
 protected:
  PostgresSuite() { exec("update shards set epoch = 0"); }
  LeaseStore& store() { return store_; }
  void set(const ShardRow& row) {
    sql([&](pqxx::work& work) {
      return work.exec_params("update shards set worker = nullif($2, ''), epoch = $3 where shard = $1", row.shard,
                              row.worker.str(), row.epoch);
    });
  }
  asio::io_context io;
  postgres::Database pool_{options()};
  journal::PostgresLeaseStore store_{pool_};
};
INSTANTIATE_TYPED_TEST_SUITE_P(InPostgres, LeaseStoreSuite, PostgresSuite);

TEST_F(LeasesTest, Rule4_TheShardsOfOneThatIsSilentForALeaseAreTaken) {
  Worker a("a", clock_);
  Worker b("b", clock_);
  a.look();
  b.look();
  EXPECT_EQ(held_by("a"), "1024");
  pass(8s, {&b});
  EXPECT_EQ(held_by("b"), "0");
  pass(2s, {&b});
  EXPECT_EQ(held_by("b"), "1024");
  EXPECT_TRUE(b.leases.holds({kShard, 9}));
  EXPECT_EQ(one("select string_agg(id, ',') from workers"), "b");
}

TEST_F(LeasesTest, Rule4_AfterAnOutageLongerThanTheLeaseNobodyIsRobbed) {
  Worker a("a", clock_);
  Worker b("b", clock_);
  a.look();
  b.look();
  clock_.advance(kLease + 5s);
  b.look();
  pass(8s, {&b});
  EXPECT_EQ(held_by("a"), "1024");
  a.look();
  EXPECT_TRUE(a.leases.holds({kShard, 8}));
}

// It began to write in time, and whether it got through is not known yet: the lease it would have reckons from now on.
TEST_F(LeasesTest, Rule4_WhoIsJustWritingItsHeartbeatIsNotRobbed) {
  Worker a("a", clock_);
  Worker b("b", clock_);
  a.look();
  b.look();
  pass(8s, {&b});
  exec("insert into workers (id, heartbeat) values ('c', 1)");  // else b would forget a, and wait for its row there
  Unfinished heartbeat("update workers set heartbeat = heartbeat + 1 where id = 'a'");
  pass(4s, {&b});
  EXPECT_EQ(held_by("a"), "1024");
  EXPECT_TRUE(b.leases.held_until({kShard, 7}) == std::nullopt);
  heartbeat.commit();
  pass(2s, {&b});
  EXPECT_EQ(held_by("a"), "1024") << "its heart has moved";
}

// The other way round: the heartbeat waits for the take-over, and then shows what is lost.
TEST_F(LeasesTest, Rule4_AHeartbeatThatMeetsATakeOverSeesIt) {
  Worker a("a", clock_);
  a.look();
  EXPECT_TRUE(a.leases.holds({kShard, 8}));
  Unfinished take_over(
      "select from workers where id = 'a' for update; update shards set worker = 'b', epoch = 9 where shard = 1");
  auto look = a.begin_look();
  a.io.restart();
  a.io.poll();
  until_it_waits("a");
  take_over.commit();
  a.end(std::move(look));
  EXPECT_FALSE(a.leases.holds({kShard, 8}));
  EXPECT_TRUE(a.leases.holds({2, 8}));
}

// A release whose COMMIT was lost on the way may still be carried out: it is over before the next look reads.
TEST_F(LeasesTest, Rule4_ALookWaitsForTheWorkersOwnEarlierTransaction) {
  Worker a("a", clock_);
  a.look();
  Unfinished release("select from workers where id = 'a' for update; update shards set worker = null where shard = 1");
  auto look = a.begin_look();
  a.io.restart();
  a.io.poll();
  until_it_waits("a");
  release.commit();
  a.end(std::move(look));
  EXPECT_FALSE(a.leases.holds({kShard, 8}));
  EXPECT_EQ(one("select coalesce(worker, '') || '/' || epoch from shards where shard = 1"), "a/9") << "taken anew";
}

TEST_F(LeasesTest, Rule4_EachChangeLocksTheWorkersOwnRowFirst) {
  Worker a("a", clock_);
  a.look();
  Unfinished earlier("select from workers where id = 'a' for update");
  auto change = asio::co_spawn(a.io, a.store.change(WorkerId("a"), {{}, {}, {kShard}}), asio::use_future);
  a.io.restart();
  a.io.poll();
  until_it_waits("a");
  EXPECT_EQ(held_by("a"), "1024");
  earlier.commit();
  a.io.restart();
  while (change.wait_for(0s) != std::future_status::ready) a.io.run_one();
  EXPECT_EQ(change.get().value().released, 1U);
}

// Somebody decides on a dead worker's shard: the others are taken now, this one at the next look.
TEST_F(LeasesTest, TheHeartbeatWaitsForNobodyElse) {
  Worker a("a", clock_);
  Worker b("b", clock_);
  a.look();
  b.look();
  pass(8s, {&b});
  {
    Unfinished decision("select from shards where shard = 1 for share");
    pass(2s, {&b});
    EXPECT_EQ(held_by("b"), "1023");
    EXPECT_TRUE(b.leases.may_start(2));
  }
  pass(2s, {&b});
  EXPECT_EQ(held_by("b"), "1024");
}

TEST_F(LeasesTest, TwoWorkersShareAndOneThatLeavesIsSucceededAtOnce) {
  Worker a("a", clock_);
  Worker b("b", clock_);
  a.look();
  pass(6s, {&b, &a});
  EXPECT_EQ(held_by("a") + "/" + held_by("b"), "512/512");
  std::set<int> busy{3};
  a.leases.busy_when([&] { return busy; });
  a.leases.leave();
  pass(4s, {&a, &b});
  EXPECT_EQ(held_by("a") + "/" + held_by("b"), "1/1023");
  busy.clear();
  pass(6s, {&a, &b});
  EXPECT_EQ(held_by("a") + "/" + held_by("b"), "0/1024");
}

TEST_F(LeasesTest, Rule3_AProcessThatIsPausedAroundTheWriteEndsWithItsLease) {
  Worker worker("a", async::machine_clock(), Leases::kMargin + 1s);
  worker.look();
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
