#include "kassaflow/postgres/database.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/postgres/schema.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::postgres {
namespace {

class DatabaseRunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new postgres_testing::TemporaryPostgres(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  DatabaseRunTest() { migrate(server_->uri(), {"test", {{1, "t", "create table t (n int primary key)"}}}); }
  ~DatabaseRunTest() override {
    (void)database_.run_blocking([](pqxx::work& work) { work.exec("truncate t"); });
  }

  template <class F>
  auto run(F task) {
    return result_of(database_.run(std::move(task)));
  }
  template <class F>
  auto read(F task) {
    return result_of(database_.read(std::move(task)));
  }
  template <class T>
  T result_of(boost::asio::awaitable<T> work) {
    auto result = boost::asio::co_spawn(io_, std::move(work), boost::asio::use_future);
    io_.restart();
    io_.run();
    return result.get();
  }

  static postgres_testing::TemporaryPostgres* server_;
  boost::asio::io_context io_;  // outlives the pool, whose threads post to it
  Database database_{{.uri = server_->uri(), .application_name = "database_test", .threads = 2, .search_path = "test"}};
};

postgres_testing::TemporaryPostgres* DatabaseRunTest::server_ = nullptr;

TEST_F(DatabaseRunTest, CommitsWhatTheTaskDidAndReturnsItsValue) {
  const auto inserted = run([](pqxx::work& work) {
    work.exec("insert into t values (1)");
    return 7;
  });
  ASSERT_TRUE(inserted);
  EXPECT_EQ(*inserted, 7);
  EXPECT_EQ(*run([](pqxx::work& work) { return work.exec1("select count(*) from t")[0].as<int>(); }), 1);
}

TEST_F(DatabaseRunTest, ReadsWithoutATransactionAroundIt) {
  const auto ask = [](const char* query) {
    return [query](pqxx::transaction_base& session) { return session.exec1(query)[0].as<int>(); };
  };
  ASSERT_TRUE(run([](pqxx::work& work) { return work.exec("insert into t values (3)").affected_rows(); }));
  EXPECT_EQ(read(ask("select n from t")), 3);
  EXPECT_EQ(read(ask("select nothing")).error().code, kRefused);
  EXPECT_EQ(read(ask("select 1")), 1);
}

// A worker that is paused in the middle of a transaction (exactly-once.md 4).
TEST_F(DatabaseRunTest, WhoStandsStillInsideATransactionLosesItAndItsLocks) {
  ASSERT_TRUE(run([](pqxx::work& work) { return work.exec("insert into t values (1)").affected_rows(); }));
  Database paused({.uri = server_->uri(),
                   .application_name = "paused",
                   .threads = 1,
                   .search_path = "test",
                   .standstill_timeout_ms = 50});
  std::promise<void> holds;
  std::promise<void> taken;
  auto standing = std::async(std::launch::async, [&] {
    return paused.run_blocking([&](pqxx::work& work) {
      work.exec("select * from t for update");
      holds.set_value();
      taken.get_future().wait();
      work.exec("delete from t");
    });
  });
  holds.get_future().wait();
  EXPECT_TRUE(run([](pqxx::work& work) { return work.exec("update t set n = 2").affected_rows(); }));
  taken.set_value();
  const auto woken = standing.get();
  ASSERT_FALSE(woken);
  EXPECT_EQ(woken.error().code, kUnavailable);
  EXPECT_EQ(*run([](pqxx::work& work) { return work.exec1("select n from t")[0].as<int>(); }), 2);
}

TEST_F(DatabaseRunTest, AnErrorOfTheServerCommitsNothing) {
  const auto failed = run([](pqxx::work& work) {
    work.exec("insert into t values (1)");
    work.exec("insert into t values (1)");
    return 0;
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, kData);
  EXPECT_EQ(*run([](pqxx::work& work) { return work.exec1("select count(*) from t")[0].as<int>(); }), 0);
}

TEST_F(DatabaseRunTest, ALostServerIsUnavailableAndALaterTaskFindsItAgain) {
  ASSERT_TRUE(run([](pqxx::work& work) { return work.exec("select 1").size(); }));
  server_->stop();
  const auto lost = run([](pqxx::work& work) { return work.exec("select 1").size(); });
  const auto still = run([](pqxx::work& work) { return work.exec("select 1").size(); });
  server_->start();
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, kUnavailable) << lost.error().message;
  ASSERT_FALSE(still);
  EXPECT_FALSE(database_.healthy());
  for (int thread = 0; thread < 4; ++thread) (void)run([](pqxx::work& work) { return work.exec("select 1").size(); });
  EXPECT_TRUE(run([](pqxx::work& work) { return work.exec("select 1").size(); }));
  EXPECT_TRUE(database_.healthy());
}

// The server was restarted while nothing was asked: the next one who asks need not know.
TEST_F(DatabaseRunTest, ASessionThatEndedWhileNobodyUsedItIsReplacedBeforeTheNextTask) {
  Database idle({.uri = server_->uri(), .application_name = "idle", .threads = 1, .search_path = "test"});
  ASSERT_TRUE(idle.run_blocking([](pqxx::work& work) { work.exec("select 1"); }));
  ASSERT_TRUE(run([](pqxx::work& work) {
    return work.exec("select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'idle'")
        .size();
  }));
  const auto next = idle.run_blocking([](pqxx::work& work) { work.exec("select 1"); });
  EXPECT_TRUE(next) << next.error().message;
}

TEST_F(DatabaseRunTest, ASessionLostInTheTaskCommittedNothing) {
  const auto lost = run([](pqxx::work& work) {
    work.exec("insert into t values (1)");
    return work.exec("select pg_terminate_backend(pg_backend_pid())").size();
  });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, kUnavailable) << lost.error().message;
  EXPECT_EQ(*run([](pqxx::work& work) { return work.exec1("select count(*) from t")[0].as<int>(); }), 0);
}

TEST_F(DatabaseRunTest, ASessionLostInTheCommitIsInDoubt) {
  const auto lost = run([](pqxx::work& work) {
    work.exec(
        "create function die() returns trigger language plpgsql as "
        "'begin perform pg_terminate_backend(pg_backend_pid()); return null; end'");
    work.exec("create constraint trigger die after insert on t initially deferred for each row execute function die()");
    work.exec("insert into t values (1)");
    return 0;
  });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, kInDoubt) << lost.error().message;
  EXPECT_TRUE(run([](pqxx::work& work) { return work.exec("select 1").size(); })) << "a new session is opened";
}

TEST_F(DatabaseRunTest, Rule18_TellsValuesThatAreRefusedFromWhatMayBeTakenAnotherTime) {
  ASSERT_TRUE(run([](pqxx::work& work) {
    return work
        .exec(
            "create table if not exists k (n int check (n > 0), u uuid, s text unique); insert into k values (1, null, "
            "'s')")
        .affected_rows();
  }));
  const auto raised = [](const std::string& sqlstate) {
    return "do $$ begin raise exception 'x' using errcode = '" + sqlstate + "'; end $$";
  };
  // What does not compress: an index row must not be longer than a third of a page.
  const std::string long_text = "(select string_agg(md5(i::text), '') from generate_series(1, 200) i)";
  struct Case {
    std::string sql;
    ErrorCode code;
  };
  for (const auto& [sql, code] : std::vector<Case>{
           {"select 'x'::int", kData},
           {"select 1 / 0", kData},
           {"select '{\"a'::text[]", kData},
           {"insert into k values (2147483648)", kData},
           {"insert into k values (0)", kData},
           {"insert into k values (1, 'x')", kData},
           {"insert into k values (1, null, 's')", kData},
           {"insert into k values (1, null, " + long_text + ")", kData},
           {"select to_timestamp(9223372036854775)", kData},
           {"select E'\\xff'", kData},
           {"insert into k values (1, null, 'a'), (1, null, 'a') on conflict (s) do update set n = 2", kData},
           {"selec", kRefused},
           {"select * from nothing_here", kRefused},
           {raised("40P01"), kRefused},  // deadlock
           {raised("40001"), kRefused},  // serialization
           {raised("53100"), kRefused},  // disk full
           {raised("55P03"), kRefused},  // lock not available
           {raised("57014"), kRefused},  // statement time-out
           {raised("XX001"), kRefused},  // data corrupted
       }) {
    const auto refused = run([statement = sql](pqxx::work& work) { return work.exec(statement).size(); });
    ASSERT_FALSE(refused) << sql;
    EXPECT_EQ(refused.error().code, code) << sql << ": " << refused.error().message;
    EXPECT_TRUE(database_.healthy()) << "the server answered";
  }
}

TEST_F(DatabaseRunTest, ItsTasksAndConnectionsAreCounted) {
  metrics::Metrics metrics(10);
  const auto shows = [&](const std::string& line) {
    return metrics.exposition().find("\n" + line + "\n") != std::string::npos;
  };
  {
    Database counted({.uri = server_->uri(),
                      .application_name = "counted",
                      .threads = 1,
                      .search_path = "test",
                      .metrics = &metrics});
    EXPECT_TRUE(shows("kassaflow_sql_seconds_count 0"));
    EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"idle\"} 0"));
    EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"busy\"} 0"));
    EXPECT_TRUE(shows("kassaflow_sql_waiting 0"));
    const auto done = counted.run_blocking([&](pqxx::work&) {
      EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"busy\"} 1"));
      EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"idle\"} 0"));
      // Its only thread is here: another task waits.
      DatabaseAccess::submit(counted, DatabaseAccess::Task([](pqxx::work&) {}), [](const Result<std::monostate>&) {});
      EXPECT_TRUE(shows("kassaflow_sql_waiting 1"));
    });
    ASSERT_TRUE(done);
    EXPECT_FALSE(counted.run_blocking([](pqxx::work& work) { work.exec("select 1 / 0"); }));
    EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"busy\"} 0"));
    EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"idle\"} 1"));
    EXPECT_TRUE(shows("kassaflow_sql_waiting 0"));
    EXPECT_TRUE(shows("kassaflow_sql_seconds_count 3"));
    EXPECT_TRUE(shows("kassaflow_schema_version{schema=\"test\"} 1"));
  }
  EXPECT_TRUE(shows("kassaflow_sql_connections{state=\"idle\"} 0"));
}

}  // namespace
}  // namespace kassaflow::postgres
