#include "kassaflow/postgres/connection_string.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "kassaflow/postgres/database.hpp"
#include "kassaflow/postgres/schema.hpp"

namespace kassaflow::postgres {
namespace {

TEST(ConnectionString, IsTakenInEveryFormOfLibpq) {
  for (const char* given :
       {"postgresql://user:pw@db.example:5433/name", "postgres://user@db.example/name?sslmode=verify-full",
        "postgresql://user:p%40s%2Fs%3Aw%3Fr%25d@127.0.0.1/name", "postgresql://user:a:b,c;d!e#f@[::1]:5432/name",
        "postgresql:///name?host=/var/run/postgresql&user=me%40tenant", "postgresql://user:pw@one:1,two:2/name",
        "host=db.example port=5433 dbname=name user=me@tenant password='p@ss w/rd'", "dbname=name"}) {
    EXPECT_EQ(wrong_with(Secret(given)), "") << given;
  }
  EXPECT_EQ(wrong_with(Secret()), "is missing");
}

TEST(ConnectionString, APasswordOfDigitsIsNotTakenForAPort) {
  for (const char* given : {"postgresql://user:54321", "postgres://user:54321/name", "postgresql://user:54321?x=y"}) {
    EXPECT_NE(wrong_with(Secret(given)), "") << given;
    EXPECT_EQ(wrong_with(Secret(given)).find("54321"), std::string::npos);
  }
}

// Each is a slip of the pen that makes libpq quote the password, or take a piece of it for the name of a host.
constexpr const char* kSlips[] = {
    "postgresql://user:CANARY@ss@127.0.0.1:1/name",
    "postgresql://user:pa@CANARY@127.0.0.1:1/name",
    "postgresql://user:CANARY/ss@127.0.0.1:1/name",
    "postgresql://user:12/CANARY@127.0.0.1:1/name",
    "postgresql://user:pa?CANARY@127.0.0.1:1/name",
    "postgresql://user:pa?CANARY=x@127.0.0.1:1/name",
    "postgresql://user:pa#CANARY@ss@127.0.0.1:1/name",
    "postgresql://user:CANARY%ZZ@127.0.0.1:1/name",
    "postgresql://user:CANARY%@127.0.0.1:1/name",
    "postgresql://user:CANARY%00@127.0.0.1:1/name",
    "postgresql://user:CANARY",
    "postgresql://user:CANARY/name",
    "postgresql://user@127.0.0.1:CANARY/name",
    "postgresql://user@127.0.0.1:1/name?CANARY=x",
    "postgresql://user@127.0.0.1:1/name?password=pa&CANARY",
    "postgresql://user@127.0.0.1:1/name?password=pa=CANARY",
    "postgresql://user@127.0.0.1:1/name?host=user:CANARY@127.0.0.1",
    "postgresql//user:CANARY@127.0.0.1:1/name",
    "postgresql:/user:CANARY@127.0.0.1:1/name",
    "postgres:user:CANARY@127.0.0.1:1/name",
    "postgresql ://user:CANARY@127.0.0.1:1/name",
    "http://user:CANARY@127.0.0.1:1/name",
    "user:CANARY@127.0.0.1:1/name",
    "CANARY",
    "host=127.0.0.1 port=1 password=pa CANARY",
    "host=127.0.0.1 port=1 password='CANARY",
    "host=127.0.0.1 port=1 passwort=CANARY",
    "host=127.0.0.1 port=1 CANARY=x",
    "host=127.0.0.1 port=CANARY password=x",
    "host=postgresql://user:CANARY@127.0.0.1/name",
    "host=user:CANARY@127.0.0.1 port=1",
    "dbname=postgresql://user:CANARY@127.0.0.1:1/name",
    "host=127.0.0.1 port=1 application_name=postgresql://user:CANARY@h",
};

TEST(ConnectionString, OfASlipNothingIsQuoted) {
  for (const char* slip : kSlips) {
    const std::string wrong = wrong_with(Secret(slip));
    EXPECT_NE(wrong.find("postgresql://user:password@host"), std::string::npos) << slip << ": " << wrong;
    EXPECT_EQ(wrong.find("CANARY"), std::string::npos) << wrong;
  }
}

// Whoever did not look is told the same.
TEST(ConnectionString, NorByWhoeverConnects) {
  for (const char* slip : kSlips) {
    try {
      migrate(slip, {"schema", {}});
      ADD_FAILURE() << slip;
    } catch (const std::exception& error) {
      EXPECT_EQ(std::string(error.what()).find("CANARY"), std::string::npos) << error.what();
    }
    const auto run = Database({.uri = slip, .application_name = "test", .threads = 1, .search_path = "schema"})
                         .run_blocking([](pqxx::work&) {});
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().message.find("CANARY"), std::string::npos) << run.error().message;
  }
}

// What libpq says of a server that is away names the server, not the password.
TEST(ConnectionString, OfAServerThatIsAwayThePasswordIsNotToldEither) {
  for (const char* sound :
       {"postgresql://user:CANARY@127.0.0.1:1/name", "host=127.0.0.1 port=1 user=user password='CANARY @/?'"}) {
    EXPECT_EQ(wrong_with(Secret(sound)), "");
    const auto run = Database({.uri = sound, .application_name = "test", .threads = 1, .search_path = "schema"})
                         .run_blocking([](pqxx::work&) {});
    ASSERT_FALSE(run);
    EXPECT_EQ(run.error().code, kUnavailable);
    EXPECT_EQ(run.error().message.find("CANARY"), std::string::npos) << run.error().message;
  }
}

}  // namespace
}  // namespace kassaflow::postgres
