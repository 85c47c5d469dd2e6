#pragma once
// The view's schema in a PostgreSQL of the test program's own.

#include <algorithm>
#include <iterator>
#include <span>

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
  DatabaseTest() {
    exec(
        "truncate receipts, posts, offsets, portals, set_aside; alter table receipts drop constraint if exists "
        "refused");
  }

  std::string column(const std::string& expression, int receipt) {
    return one("select " + expression + " from receipts where id = '" + uuid(receipt) + "'");
  }

  void take(const std::vector<kafka::Record>& batch, std::int64_t push_delay_ms = kPushDelay_ms) {
    for (const auto& aside : take_any(batch, push_delay_ms)) ADD_FAILURE() << "set aside: " << aside.detail;
  }
  // As the process does with a batch. What was set aside.
  std::vector<kafka::SetAside> take_any(const std::vector<kafka::Record>& batch,
                                        std::int64_t push_delay_ms = kPushDelay_ms) {
    std::vector<kafka::SetAside> all;
    postgres::Portions portions{std::span(batch)};
    while (const auto* portion = portions.next()) {
      std::vector<kafka::SetAside> aside;
      const auto stored = intake_.run_blocking(
          [&](pqxx::work& work) { aside = sql::apply(work, configuration_, *portion, push_delay_ms); });
      if (!portions.settle(stored)) throw std::runtime_error(explained(stored.error()));
      if (stored) std::ranges::move(aside, std::back_inserter(all));
    }
    return all;
  }
  void take(const v1::ReceiptOutcome& outcome) { take({record_of(outcome)}); }
  std::optional<ViewEntry> find(int receipt) {
    return run([&](pqxx::work& work) { return sql::find(work, receipt_id(receipt)); });
  }
  bool tell_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::tell_error(work, receipt_id(receipt), revision); });
  }
  v1::WithholdErrorResponse::Verdict withhold_error(int receipt, std::uint64_t revision) {
    return run([&](pqxx::work& work) { return sql::withhold_error(work, receipt_id(receipt), kOwner, revision); });
  }

  static inline const Owner kOwner{TenantId("acme"), InstallationId("acme-main")};
  postgres::Database intake_{{.uri = server_->uri(), .application_name = "test", .threads = 1, .search_path = kSchema}};
  configuration::Snapshot configuration_;  // nobody's things are known unless a test says so
};

}  // namespace kassaflow::status
