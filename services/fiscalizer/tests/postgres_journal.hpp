#pragma once
// The journal's parts that run against a real PostgreSQL only.

#include "journal/postgres_store.hpp"
#include "journal_bench.hpp"
#include "postgres_server.hpp"
#include "session.hpp"

namespace kassaflow::fiscalizer {

class PostgresJournalTest : public testing::Test, protected JournalBench, protected postgres_testing::Session {
 protected:
  PostgresJournalTest() : JournalBench(StoreKind::postgres), Session(journal_server().uri(), kSchema) {}
  using JournalBench::run;

  static postgres::DatabaseOptions options(const std::string& uri = journal_server().uri()) {
    return {.uri = uri, .application_name = "test", .threads = 1, .search_path = kSchema};
  }
  // Nobody holds a shard.
  void free_shards(std::int64_t epoch = 1) {
    exec("truncate workers; update shards set worker = null, epoch = " + std::to_string(epoch));
  }
  // In one transaction of plain SQL.
  template <class F>
  auto sql(F body) {
    return Session::run(std::move(body));
  }
};

}  // namespace kassaflow::fiscalizer
