#pragma once
// A fixture with a PostgreSQL of the test program's own, a service's schema in it, and a connection that looks there.

#include <gtest/gtest.h>

#include "kassaflow/postgres/schema.hpp"
#include "session.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::postgres_testing {

// `Service::kSchema` and `Service::migrations()` say what the schema is.
template <class Service>
class DatabaseTest : public testing::Test, protected Session {
 protected:
  static void SetUpTestSuite() {
    server_ = new TemporaryPostgres();
    postgres::migrate(server_->uri(), {Service::kSchema, Service::migrations()});
  }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  DatabaseTest() : Session(server_->uri(), Service::kSchema) {}

  static inline TemporaryPostgres* server_ = nullptr;
};

}  // namespace kassaflow::postgres_testing
