#pragma once
// Ingress's question (records/look_up.hpp): were these receipts printed, and with what content?

#include <boost/asio/awaitable.hpp>

#include "kassaflow/http/server.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::status {

// POST with a LookUpRequest: 200 and a LookUpResponse, 400 with the fault, 503 when the database does not answer.
class LookUps {
 public:
  explicit LookUps(postgres::Database& database) : database_(database) {}
  boost::asio::awaitable<http::Reply> operator()(const http::Inbound& inbound) const;

 private:
  postgres::Database& database_;
};

}  // namespace kassaflow::status
