#pragma once
// A fixture with a PostgreSQL of the test program's own, a service's schema in it, and a connection that looks there.

#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <string>

#include "kassaflow/postgres/database.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::postgres_testing {

// `Service::kSchema` and `Service::migrations()` say what the schema is.
template <class Service>
class DatabaseTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new TemporaryPostgres();
    postgres::migrate(server_->uri(), Service::kSchema, Service::migrations());
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  DatabaseTest() : connection_(server_->uri()) {
    pqxx::nontransaction setup(connection_);
    setup.exec("set client_min_messages = warning");
    setup.exec("set search_path = " + std::string(Service::kSchema));
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

  static inline TemporaryPostgres* server_ = nullptr;
  pqxx::connection connection_;
};

}  // namespace kassaflow::postgres_testing
