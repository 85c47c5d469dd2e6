// What a receipt costs PostgreSQL: rows, index entries, write-ahead log, statements, disk. Groups of 64 receipts go
// from their posts to the portal by the code of fiscalizer and status; the log itself is read for what was written
// where.
//
//   ./dev test functional -R statements_test -V     prints the tables

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

#include "gateway.hpp"
#include "plans.hpp"
#include "services/fiscalizer/src/journal/contents.hpp"
#include "services/fiscalizer/src/migrations.hpp"
#include "services/status/src/migrations.hpp"

namespace kassaflow::statements {
namespace {

constexpr int kGroups = 16;
constexpr double kReceipts = kGroups * kLanes;

// Without what PostgreSQL checks or calls inside of a statement.
bool is_ours(const Plan& plan) {
  return !plan.statement.starts_with("SELECT 1 FROM ONLY") && !plan.statement.starts_with("\n");
}

constexpr const char* kWritten = R"(
select c.relnamespace::regnamespace || '.' || c.relname as relation, c.relkind = 'i' as is_index, count(*) as records,
  sum(record_length - fpi_length) as bytes
from (select *, substring(block_ref from 'rel \d+/\d+/(\d+)')::oid as node
  from public.pg_get_wal_records_info($1::pg_lsn, pg_current_wal_insert_lsn())) w
join pg_class c on pg_relation_filenode(c.oid) = w.node
where c.relnamespace in ('fiscalizer'::regnamespace, 'status'::regnamespace)
group by 1, 2 order by 1)";

constexpr const char* kRows = R"(
select coalesce(sum(n_tup_ins), 0) as inserted, coalesce(sum(n_tup_upd), 0) as updated,
  coalesce(sum(n_tup_hot_upd), 0) as hot, coalesce(sum(n_tup_del), 0) as deleted
from pg_stat_user_tables where schemaname in ('fiscalizer', 'status'))";

class RowsTest : public testing::Test {
 protected:
  RowsTest() : session_(server_.uri(), "fiscalizer") {
    session_.exec("create extension pg_walinspect schema public");
    session_.exec("update shards set worker = '" + kWorker.str() + "', epoch = " + std::to_string(kEpoch));
  }

  struct Count {
    double inserted, updated, hot, deleted;
  };
  Count count_rows() {
    return session_.run([](pqxx::work& work) {
      work.exec("select pg_stat_force_next_flush()");
      const auto row = work.exec1(kRows);
      return Count{row[0].as<double>(), row[1].as<double>(), row[2].as<double>(), row[3].as<double>()};
    });
  }
  // Of all tables and indexes of a schema, without bloat.
  double bytes_of(const std::string& schema) {
    {
      pqxx::connection connection(server_.uri());
      pqxx::nontransaction(connection).exec("vacuum full");
    }
    return std::stod(session_.one(
        "select sum(pg_total_relation_size(oid)) from pg_class where relkind = 'r' and relname <> 'shards' and "
        "relnamespace = '" +
        schema + "'::regnamespace"));
  }

  postgres_testing::TemporaryPostgres server_;
  ServerLog log_{[this]() -> postgres_testing::TemporaryPostgres& {
    postgres::migrate(server_.uri(), fiscalizer::schema());
    postgres::migrate(server_.uri(), status::schema());
    return server_;
  }()};
  postgres_testing::Session session_;
};

TEST_F(RowsTest, OfAReceiptAreFew) {
  log_.begin();
  Gateway gateway(server_.uri());
  gateway.print_group(0);  // rows of registers, positions and portals
  (void)log_.take();
  const auto rows_before = count_rows();
  const auto begin = session_.one("select pg_current_wal_insert_lsn()");
  for (int group = 1; group <= kGroups; ++group) gateway.print_group(group * kLanes);
  const auto plans = log_.take();

  double records = 0, bytes = 0, entries = 0;
  std::printf("\n%-50s %12s %12s\n", "written for a receipt, groups of 64", "WAL records", "WAL bytes");
  session_.run([&](pqxx::work& work) {
    for (const auto& row : work.exec_params(kWritten, begin)) {
      const auto of_one = [&](const char* column) { return row[column].as<double>() / kReceipts; };
      std::printf("%-50s %12.2f %12.0f\n", row["relation"].c_str(), of_one("records"), of_one("bytes"));
      records += of_one("records");
      bytes += of_one("bytes");
      if (row["is_index"].as<bool>()) entries += of_one("records");
    }
    return true;
  });
  const auto rows = count_rows();
  const auto statements = static_cast<double>(std::ranges::count_if(plans, is_ours));
  const double inserted = (rows.inserted - rows_before.inserted) / kReceipts;
  const double updated = (rows.updated - rows_before.updated) / kReceipts;
  const double hot = (rows.hot - rows_before.hot) / kReceipts;
  std::printf("%-50s %12.2f %12.0f\n", "in all", records, bytes);
  std::printf("rows inserted %.2f, updated %.2f (HOT %.2f), deleted %.2f; index entries %.2f; statements %.2f\n",
              inserted, updated, hot, (rows.deleted - rows_before.deleted) / kReceipts, entries,
              statements / kReceipts);
  // Also that a receipt costs no more of it one day: what costs more is to be seen here first.
  EXPECT_LE(inserted + updated, 20);
  EXPECT_LE(entries, 44);
  EXPECT_LE(bytes, 11'600);

  const double journal = bytes_of("fiscalizer"), view = bytes_of("status");
  std::printf("bytes of a receipt on disk: journal %.0f, view %.0f", journal / kReceipts, view / kReceipts);
  gateway.open_journal();  // its files are others now, so it is another life
  (void)log_.take();
  const auto erasing = session_.one("select pg_current_wal_insert_lsn()");
  while (gateway.journal([](Transaction& tx) {
    return fiscalizer::journal::erase_contents(tx, std::chrono::milliseconds(0));
  }) > 0) {
  }
  const auto erased = session_.one("select (pg_current_wal_insert_lsn() - '" + erasing + "'::pg_lsn)::bigint");
  double ms = 0;
  for (const auto& plan : log_.take()) ms += plan.ms;
  const double trimmed = bytes_of("fiscalizer");
  std::printf("; once its content is erased %.0f, which takes %.3f ms and %.0f bytes of WAL\n", trimmed / kReceipts,
              ms / kReceipts, std::stod(erased) / kReceipts);
  EXPECT_LT(trimmed, journal * 0.7);
}

}  // namespace
}  // namespace kassaflow::statements
