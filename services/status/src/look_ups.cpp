#include "look_ups.hpp"

#include <pqxx/pqxx>

#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/look_up.hpp"
#include "kassaflow/v1/status.pb.h"
#include "view.hpp"

namespace kassaflow::status {

namespace {

http::Reply refuse(int status, std::string text) { return {status, "text/plain; charset=utf-8", std::move(text)}; }

// Why it is not answered, for whoever wrote the client; empty when it is.
std::string fault_of(const v1::LookUpRequest& request) {
  if (request.receipt_ids_size() > records::kLookUpLimit)
    return "at most " + std::to_string(records::kLookUpLimit) + " receipt_ids";
  for (const auto& id : request.receipt_ids()) {
    if (!receipts::is_uuid(id)) return "receipt_ids: not a UUID";
  }
  return {};
}

}  // namespace

boost::asio::awaitable<http::Reply> LookUps::operator()(const http::Inbound& inbound) const {
  v1::LookUpRequest request;
  if (inbound.method != "POST" || !request.ParseFromArray(inbound.body.data(), static_cast<int>(inbound.body.size())))
    co_return refuse(400, "POST a kassaflow.v1.LookUpRequest");
  if (auto fault = fault_of(request); !fault.empty()) co_return refuse(400, std::move(fault));
  const auto found = co_await database_.read(
      [request = std::move(request)](pqxx::transaction_base& session) { return sql::look_up(session, request); });
  if (!found) co_return refuse(503, "the view's database does not answer");
  co_return http::Reply{200, records::kProtobuf, found->SerializeAsString()};
}

}  // namespace kassaflow::status
