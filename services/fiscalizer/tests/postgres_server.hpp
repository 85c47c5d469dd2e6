#pragma once
// The PostgreSQL of this test program, with the journal's schema in it.

#include "migrations.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::fiscalizer {

inline postgres_testing::TemporaryPostgres& journal_server() {
  static postgres_testing::TemporaryPostgres server;
  static const bool migrated = [] {
    postgres::migrate(server.uri(), schema());
    return true;
  }();
  static_cast<void>(migrated);
  return server;
}

}  // namespace kassaflow::fiscalizer
