#pragma once
// The tables `workers` and `shards` of the journal's schema.

#include "lease_store.hpp"

namespace kassaflow::fiscalizer::journal {

class PostgresLeaseStore final : public LeaseStore {
 public:
  // A heartbeat must not wait behind other work: the database is nobody else's. It outlives the store.
  explicit PostgresLeaseStore(postgres::Database& database) : database_(database) {}
  boost::asio::awaitable<Result<Look>> look(WorkerRow self) override;
  boost::asio::awaitable<Result<Changed>> change(WorkerId self, Change change) override;
  boost::asio::awaitable<Result<std::monostate>> sign_off(WorkerId self, std::vector<int> busy) override;

 private:
  postgres::Database& database_;
};

}  // namespace kassaflow::fiscalizer::journal
