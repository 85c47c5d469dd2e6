#include "journal_bench.hpp"

#include "journal/postgres_store.hpp"
#include "manual_clock.hpp"
#include "memory_store.hpp"
#include "migrations.hpp"
#include "postgres_server.hpp"
#include "session.hpp"

namespace kassaflow::fiscalizer {

namespace {

class PostgresUnderTest final : public StoreUnderTest {
 public:
  PostgresUnderTest() {
    session_.exec(
        "truncate receipts, posts, attempts, evidence, documents, registers, retired_registers, offsets, unreadable, "
        "audit "
        "cascade");
  }

  journal::Store& store() override { return store_; }
  void hold_shards(const WorkerId& worker, std::int64_t epoch) override {
    session_.exec("update shards set worker = '" + worker.str() + "', epoch = " + std::to_string(epoch));
  }
  void let_pass(std::chrono::milliseconds time) override {
    const auto earlier = " - interval '" + std::to_string(time.count()) + " milliseconds'";
    session_.exec("update attempts set started_at = started_at" + earlier + ", sent_at = sent_at" + earlier +
                  ", finished_at = finished_at" + earlier);
    session_.exec("update receipts set accepted_at = accepted_at" + earlier + ", changed_at = changed_at" + earlier +
                  ", finished_at = finished_at" + earlier + ", not_before = not_before" + earlier);
  }
  std::string verdicts(const ReceiptId& receipt) override {
    return session_.one("select string_agg(verdict, ',' order by post_id) from posts where receipt = '" +
                        receipt.str() + "'");
  }
  std::int64_t evidence() override { return std::stoll(session_.one("select count(*) from evidence")); }
  std::string audited() override {
    return session_.one("select coalesce(string_agg(actor || ': ' || action, '; ' order by id), '') from audit");
  }

 private:
  postgres_testing::Session session_{journal_server().uri(), kSchema};
  postgres::Database database_{
      {.uri = journal_server().uri(), .application_name = "test", .threads = 1, .search_path = kSchema}};
  journal::PostgresStore store_{database_};
};

class MemoryUnderTest final : public StoreUnderTest {
 public:
  journal::Store& store() override { return store_; }
  void hold_shards(const WorkerId& worker, std::int64_t epoch) override { memory_.hold_shards(worker, epoch); }
  void let_pass(std::chrono::milliseconds time) override { clock_.advance(time); }
  std::string verdicts(const ReceiptId& receipt) override {
    std::string list;
    for (const auto& verdict : memory_.verdicts(receipt)) list += (list.empty() ? "" : ",") + verdict;
    return list;
  }
  std::int64_t evidence() override { return memory_.evidence(); }
  std::string audited() override {
    std::string list;
    for (const auto& action : memory_.audited()) list += (list.empty() ? "" : "; ") + action;
    return list;
  }

 private:
  async::ManualClock clock_;
  journal::Memory memory_{clock_};
  journal::MemoryStore store_{clock_, memory_};
};

}  // namespace

std::unique_ptr<StoreUnderTest> open_store(StoreKind kind) {
  if (kind == StoreKind::postgres) return std::make_unique<PostgresUnderTest>();
  return std::make_unique<MemoryUnderTest>();
}

}  // namespace kassaflow::fiscalizer
