#pragma once
// The journal's parts that run against a real PostgreSQL only.

#include <pqxx/pqxx>

#include "journal/postgres_store.hpp"
#include "journal_bench.hpp"
#include "postgres_server.hpp"

namespace kassaflow::fiscalizer {

class PostgresJournalTest : public testing::Test, protected JournalBench {
 protected:
  PostgresJournalTest() : JournalBench(StoreKind::postgres), connection_(journal_server().uri()) {
    exec("set search_path = " + std::string(kSchema));
  }

  static postgres::DatabaseOptions options(const std::string& uri = journal_server().uri()) {
    return {.uri = uri, .application_name = "test", .threads = 1, .search_path = kSchema};
  }
  // Nobody holds a shard.
  void free_shards(std::int64_t epoch = 1) {
    exec("truncate workers; update shards set worker = null, epoch = " + std::to_string(epoch));
  }
  template <class F>
  auto sql(F body) {
    pqxx::work work(connection_);
    auto result = body(work);
    work.commit();
    return result;
  }
  void exec(const std::string& statement) { pqxx::nontransaction(connection_).exec(statement); }
  std::string one(const std::string& query) { return pqxx::nontransaction(connection_).exec1(query)[0].c_str(); }

 private:
  pqxx::connection connection_;
};

}  // namespace kassaflow::fiscalizer
