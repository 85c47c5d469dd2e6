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
        "audit_log, storages cascade; update audit_head set number = 0, hash = decode(repeat('00', 32), 'hex'); alter "
        "table receipts drop constraint if exists refused; update trust t set system = "
        "l.system, "
        "timeline = l.timeline, run = l.run, stage = 'open' from "
        "life() l");
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
    session_.exec("update unreadable set taken_in_at = taken_in_at" + earlier);
  }
  std::string verdicts(const ReceiptId& receipt) override {
    return session_.one("select string_agg(verdict, ',' order by post_id) from posts where receipt = '" +
                        receipt.str() + "'");
  }
  std::int64_t evidence() override { return std::stoll(session_.one("select count(*) from evidence")); }
  std::string audited() override {
    return session_.one("select coalesce(string_agg(name || ': ' || action, '; ' order by number), '') from audit_log");
  }

  std::string kept() override {
    return session_.one(
        "select coalesce(string_agg(record_offset || ' ' || why, ', ' order by record_offset), '') from unreadable");
  }
  void refuse(const std::string& unique_id, std::int64_t total_kopecks) override {
    session_.exec("alter table receipts add constraint refused check (unique_id <> '" + unique_id +
                  "' and total_kopecks <> " + std::to_string(total_kopecks) + ")");
  }

  void start_again() override { session_.exec("update trust set run = 'before'"); }
  void fail_over() override { session_.exec("update trust set run = 'before', timeline = timeline - 1"); }
  void have_standby() override { session_.exec("update trust set synchronous = true"); }
  void back_up() override {
    for (const std::string table : kTables) {
      session_.exec("drop table if exists saved_" + table + "; create table saved_" + table + " as table " + table);
    }
    session_.exec(
        "drop table if exists saved_numbers; create table saved_numbers as select (select last_value from "
        "journal_sequence) as sequence, (select last_value from attempts_id_seq) as attempt");
  }
  // The tables are other files then, so it is another life.
  void restore() override {
    for (const std::string table : kTables) session_.exec("truncate " + table + " cascade");
    for (const std::string table : kTables) {
      const auto columns = columns_of(table);
      session_.exec("insert into " + table + " (" + columns + ") overriding system value select " + columns +
                    " from saved_" + table);
    }
    session_.exec("select setval('journal_sequence', sequence), setval('attempts_id_seq', attempt) from saved_numbers");
  }

 private:
  // Those that can be written.
  std::string columns_of(const std::string& table) {
    return session_.one("select string_agg(attname, ', ' order by attnum) from pg_attribute where attrelid = '" +
                        table + "'::regclass and attnum > 0 and not attisdropped and attgenerated = ''");
  }
  static constexpr const char* kTables[] = {"receipts",  "posts",      "attempts", "evidence",
                                            "documents", "registers",  "offsets",  "unreadable",
                                            "audit_log", "audit_head", "storages"};
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
  std::string kept() override {
    std::map<std::int64_t, std::string> by_offset;
    for (const auto& record : memory_.set_aside()) by_offset[record.offset] = record.why;
    std::string list;
    for (const auto& [offset, why] : by_offset) list += (list.empty() ? "" : ", ") + std::to_string(offset) + " " + why;
    return list;
  }
  void refuse(const std::string& unique_id, std::int64_t total_kopecks) override {
    memory_.refuse_receipts(
        [=](const std::string& number, std::int64_t total) { return number == unique_id || total == total_kopecks; });
  }

  void start_again() override { memory_.start_again(); }
  void fail_over() override { memory_.fail_over(); }
  void have_standby() override {
    memory_.have_standby(true);
    memory_.transact([](Transaction& tx) { tx.write_stage(Stage::open); });
  }
  void back_up() override { backup_ = memory_.backup(); }
  void restore() override { memory_.restore(*backup_); }

 private:
  std::shared_ptr<const journal::Memory::Backup> backup_;
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
