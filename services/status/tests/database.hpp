#pragma once
// The view's schema in a PostgreSQL of the test program's own.

#include "database_test.hpp"
#include "migrations.hpp"
#include "outcomes.hpp"
#include "push_sql.hpp"

namespace kassaflow::status {

inline constexpr std::int64_t kPushDelay_ms = 0;

struct View {
  static constexpr const char* kSchema = status::kSchema;
  static auto migrations() { return status::migrations(); }
};

class DatabaseTest : public postgres_testing::DatabaseTest<View> {
 protected:
  DatabaseTest() { exec("truncate receipts, posts, offsets, portals"); }

  std::string column(const std::string& expression, int receipt) {
    return one("select " + expression + " from receipts where id = '" + uuid(receipt) + "'");
  }

  void take(const std::vector<kafka::Record>& batch, std::int64_t push_delay_ms = kPushDelay_ms) {
    const auto unreadable = run([&](pqxx::work& work) { return sql::apply(work, batch, push_delay_ms); });
    ASSERT_TRUE(unreadable.empty());
  }
  void take(const v1::ReceiptOutcome& outcome) { take({record_of(outcome)}); }
  std::optional<ViewEntry> find(int receipt) {
    return run([&](pqxx::work& work) { return sql::find(work, receipt_id(receipt)); });
  }
  bool tell_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::tell_error(work, receipt_id(receipt), revision); });
  }
  v1::WithholdErrorResponse::Verdict withhold_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::withhold_error(work, receipt_id(receipt), revision); });
  }
};

}  // namespace kassaflow::status
