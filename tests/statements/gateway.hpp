#pragma once
// What fiscalizer and status do with their tables while receipts come, are printed and told: the services' own code, of
// which only Kafka, registers and portals are left out. Pools 0 … kLanes-1 of the history print one receipt each at a
// time, so a group of kLanes goes together.

#include <set>
#include <string>
#include <vector>

#include "kassaflow/kafka/record.hpp"
#include "kassaflow/postgres/database.hpp"
#include "services/fiscalizer/src/journal/decisions.hpp"
#include "services/fiscalizer/src/journal/postgres_store.hpp"

namespace kassaflow::statements {

using fiscalizer::journal::Transaction;

inline constexpr int kLanes = 64;
inline const WorkerId kWorker("worker");
inline constexpr std::int64_t kEpoch = 1;

// Of receipt n beside the history.
[[nodiscard]] ReceiptId receipt_id(int n);
[[nodiscard]] int pool_of(int n);
[[nodiscard]] PoolId pool_name(int pool);
// One more accepted post of receipt n, as ingress writes it; `post` numbers them all.
[[nodiscard]] kafka::Record post_of(int n, int post);
[[nodiscard]] kafka::Record callback_of(const fiscalizer::NewAttempt& attempt);
// Of a shift report or, with a receipt, of that; on the register of that pool.
[[nodiscard]] fiscalizer::NewAttempt attempt_on(int pool, const std::string& key);

class Gateway {
 public:
  explicit Gateway(const std::string& uri);  // of a server with both schemas

  template <class F>
  auto journal(F body) {
    auto result = store_.run_blocking(std::move(body));
    if (!result) throw std::runtime_error(explained(result.error()));
    return std::move(*result);
  }
  void view(const std::function<void(pqxx::work&)>& body);
  postgres::Database& journal_database() { return journal_; }
  postgres::Database& view_database() { return view_; }

  // In the life that the server lives now.
  void open_journal();
  // Receipts first … first + kLanes - 1, from their posts to the portal.
  void accept(int first);
  std::vector<std::int64_t> open(int first);  // attempts
  void settle(const std::vector<std::int64_t>& attempts, registers::Fact fact);
  void publish();
  void push();
  void print_group(int first);

  void take_in(const std::vector<kafka::Record>& records);       // fiscalizer
  void take_in_view(const std::vector<kafka::Record>& records);  // status

 private:
  postgres::Database journal_;
  postgres::Database view_;
  fiscalizer::journal::PostgresStore store_;
  std::vector<std::uint64_t> last_numbers_;  // of the lanes' registers
  std::vector<int> shards_;                  // all of them
  std::int64_t offset_ = 0;
};

}  // namespace kassaflow::statements
