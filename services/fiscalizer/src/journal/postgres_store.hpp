#pragma once
// The journal in PostgreSQL; its schema is services/fiscalizer/migrations. Nothing else reads or writes its tables.

#include "store.hpp"

namespace kassaflow::fiscalizer::journal {

// `database` looks into the journal's schema and outlives the store.
class PostgresStore final : public Store {
 public:
  explicit PostgresStore(postgres::Database& database) : database_(database) {}

  boost::asio::awaitable<Result<std::monostate>> transact(Body body) override;
  Result<std::monostate> transact_blocking(const Body& body) override;

 private:
  postgres::Database& database_;
};

}  // namespace kassaflow::fiscalizer::journal
