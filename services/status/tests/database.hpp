#pragma once
// The view's schema in a PostgreSQL of the test program's own.

#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "migrations.hpp"
#include "outcomes.hpp"
#include "push_sql.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::status {

inline constexpr std::int64_t kPushDelay_ms = 0;

class DatabaseTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new postgres_testing::TemporaryPostgres();
    postgres::migrate(server_->uri(), kSchema, migrations());
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  DatabaseTest() : connection_(server_->uri()) {
    pqxx::nontransaction setup(connection_);
    setup.exec("set client_min_messages = warning; set search_path = status");
    setup.exec("truncate receipts, posts, offsets, portals");
  }

  template <class F>
  auto run(F body) {
    pqxx::work work(connection_);
    auto result = body(work);
    work.commit();
    return result;
  }
  void exec(const std::string& statement) {
    run([&](pqxx::work& work) { return work.exec(statement); });
  }
  std::string one(const std::string& query) {
    return run([&](pqxx::work& work) { return std::string(work.exec1(query)[0].c_str()); });
  }
  std::string column(const std::string& expression, int receipt) {
    return one("select " + expression + " from receipts where id = '" + uuid(receipt) + "'");
  }

  void take(const std::vector<kafka::Record>& batch, std::int64_t push_delay_ms = kPushDelay_ms) {
    const auto unreadable = run([&](pqxx::work& work) { return sql::take_in(work, batch, push_delay_ms); });
    ASSERT_TRUE(unreadable.empty());
  }
  void take(const v1::ReceiptOutcome& outcome) { take({record_of(outcome)}); }
  std::optional<Known> find(int receipt) {
    return run([&](pqxx::work& work) { return sql::find(work, uuid(receipt)); });
  }
  bool tell_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::tell_error(work, uuid(receipt), revision); });
  }
  bool withhold_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::withhold_error(work, uuid(receipt), revision); });
  }

  static inline postgres_testing::TemporaryPostgres* server_ = nullptr;
  pqxx::connection connection_;
};

}  // namespace kassaflow::status
