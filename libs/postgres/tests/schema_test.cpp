#include "kassaflow/postgres/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "session.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::postgres {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Migration kTable{1, "t", "create table t (n int primary key)"};
const Migration kSecondTable{2, "u", "create table u (n int)"};
const Migration kNarrower{3, "no t", "drop table t", 2};

class SchemaTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new postgres_testing::TemporaryPostgres(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }
  ~SchemaTest() override { session().exec("drop schema if exists s cascade"); }

  static Schema knows(std::vector<Migration> migrations) { return {"s", std::move(migrations)}; }
  static void migrate_to(std::vector<Migration> migrations) { migrate(server_->uri(), knows(std::move(migrations))); }
  static std::string missing(std::vector<Migration> migrations) {
    return missing_in(server_->uri(), knows(std::move(migrations)));
  }
  static postgres_testing::Session session() { return {server_->uri(), "s"}; }

  static postgres_testing::TemporaryPostgres* server_;
};

postgres_testing::TemporaryPostgres* SchemaTest::server_ = nullptr;

TEST_F(SchemaTest, EachMigrationIsAppliedOnce) {
  migrate_to({kTable});
  migrate_to({kTable, kSecondTable});
  migrate_to({kTable, kSecondTable});
  EXPECT_EQ(session().one("select string_agg(number::text, ',' order by number) from schema_migrations"), "1,2");
}

TEST_F(SchemaTest, AProgramWorksOnWhatANewerOneExpanded) {
  migrate_to({kTable, kSecondTable});
  migrate_to({kTable});
  EXPECT_EQ(missing({kTable}), "");
  EXPECT_EQ(session().one("select count(*) from schema_migrations"), "2");
}

TEST_F(SchemaTest, AProgramThatANewerOneLeftBehindIsRefused) {
  migrate_to({kTable, kSecondTable, kNarrower});
  const auto refused = ThrowsMessage<std::runtime_error>(
      HasSubstr("schema s is at migration 3 and wants programs that know migration 2; this one knows only 1"));
  EXPECT_THAT([] { migrate_to({kTable}); }, refused);
  EXPECT_THAT([] { (void)missing({kTable}); }, refused);
  migrate_to({kTable, kSecondTable});
  EXPECT_EQ(missing({kTable, kSecondTable}), "");
}

TEST_F(SchemaTest, WhatIsMissingIsNamedAndNotMade) {
  EXPECT_THAT(missing({kTable}), HasSubstr("schema s is not there yet"));
  session().exec("create schema s");
  EXPECT_THAT(missing({kTable}), HasSubstr("schema s is not there yet"));
  migrate_to({kTable});
  EXPECT_EQ(missing({kTable}), "");
  EXPECT_THAT(missing({kTable, kSecondTable}),
              HasSubstr("schema s is at migration 1, this program wants 2; run `migrate`"));
  EXPECT_EQ(session().one("select count(*) from schema_migrations"), "1");
}

TEST_F(SchemaTest, AServerThatIsAwayIsWaitedForOnlyWhenSomebodyElseMigrates) {
  const std::string nowhere = "postgresql://kassaflow@127.0.0.1:1/kassaflow";
  EXPECT_THAT(missing_in(nowhere, knows({kTable})), HasSubstr("PostgreSQL does not answer"));
  EXPECT_ANY_THROW(migrate(nowhere, knows({kTable})));
}

TEST_F(SchemaTest, AConnectionStringNobodyMayUseIsNotWaitedFor) {
  EXPECT_THROW((void)missing_in("postgresql://user:pa/word@127.0.0.1:1/kassaflow", knows({})), std::invalid_argument);
}

TEST_F(SchemaTest, PrepareMigratesOnlyWhereItIsTold) {
  SchemaSettings settings{.migrate_at_start = false};
  EXPECT_THAT(settings.prepare(server_->uri(), knows({kTable})), HasSubstr("not there yet"));
  settings.migrate_at_start = true;
  EXPECT_EQ(settings.prepare(server_->uri(), knows({kTable})), "");
  EXPECT_EQ(missing({kTable}), "");
}

TEST_F(SchemaTest, ARoleThatOwnsNothingButItsSchemaMigratesIt) {
  session().exec("create role owner login; create schema owned authorization owner");
  std::string uri = server_->uri();
  uri.replace(uri.find("kassaflow@"), std::string_view("kassaflow").size(), "owner");
  migrate(uri, {"owned", {kTable}});
  EXPECT_EQ(session().one("select count(*) from owned.t"), "0");
}

TEST_F(SchemaTest, AMigrationThatWasChangedAfterItWasAppliedIsNamed) {
  migrate_to({kTable});
  EXPECT_THAT(
      [] { migrate_to({{1, "t", "create table t (n bigint primary key)"}}); },
      ThrowsMessage<std::runtime_error>(HasSubstr("schema s: migration 1 (t) is not the one that was applied")));
}

TEST_F(SchemaTest, WhatWasAppliedBeforeChecksumsGetsOne) {
  migrate_to({kTable});
  session().exec("alter table schema_migrations drop column sha256, drop column oldest_program");
  EXPECT_THAT(missing({kTable}), HasSubstr("an older version's"));
  migrate_to({kTable});
  EXPECT_EQ(session().one("select count(*) from schema_migrations where length(sha256) = 64"), "1");
}

}  // namespace
}  // namespace kassaflow::postgres
