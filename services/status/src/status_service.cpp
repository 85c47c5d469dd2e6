#include "status_service.hpp"

#include <grpcpp/grpcpp.h>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/v1/status.grpc.pb.h"
#include "look_ups.hpp"
#include "view.hpp"

namespace kassaflow::status {
namespace {

constexpr std::uint32_t kListDefault = 100;
constexpr std::uint32_t kListLimit = 1000;

void fill(v1::ReceiptView& view, ViewEntry& known) {
  *view.mutable_outcome() = std::move(known.outcome);
  view.set_pushed_at_ms(known.pushed_at_ms);
}

}  // namespace

class StatusService::Service final : public v1::Status::Service {
 public:
  Service(postgres::Database& database, const rpc::Access& access) : database_(database), access_(access) {}

  grpc::Status Get(grpc::ServerContext* context, const v1::GetReceiptRequest* request,
                   v1::ReceiptView* response) override {
    if (!receipts::is_uuid(request->receipt_id()))
      return {grpc::StatusCode::INVALID_ARGUMENT, "receipt_id is not a UUID"};
    return access_.with_caller(*context, [&](const rpc::Caller& caller) {
      std::optional<ViewEntry> known;
      if (auto status = run([&](pqxx::work& work) { known = sql::find(work, ReceiptId(request->receipt_id())); });
          !status.ok())
        return status;
      if (!known || !caller.may_see(TenantId(known->outcome.tenant())))
        return grpc::Status(grpc::StatusCode::NOT_FOUND, "no receipt " + request->receipt_id());
      fill(*response, *known);
      return grpc::Status::OK;
    });
  }

  grpc::Status List(grpc::ServerContext* context, const v1::ListReceiptsRequest* request,
                    v1::ListReceiptsResponse* response) override {
    for (const auto* id : {&request->tenant(), &request->pool()}) {
      if (!id->empty() && !documents::is_id(*id))
        return {grpc::StatusCode::INVALID_ARGUMENT, "tenant and pool are ids of documents, or empty"};
    }
    if (request->since_ms() < 0 || request->since_ms() > records::kLatest_ms)
      return {grpc::StatusCode::INVALID_ARGUMENT, "since_ms is a time in Unix milliseconds, at most of the year 9999"};
    sql::Filter filter{TenantId(request->tenant()), PoolId(request->pool()), std::string(state_word(request->state())),
                       request->since_ms(),
                       request->limit() == 0 ? kListDefault : std::min(request->limit(), kListLimit)};
    return access_.with_caller(*context, [&](const rpc::Caller& caller) {
      if (filter.tenant.empty()) filter.tenant = caller.only_tenant();
      if (!caller.may_see(filter.tenant)) return grpc::Status::OK;  // as of a tenant that has none
      std::vector<ViewEntry> found;
      if (auto status = run([&](pqxx::work& work) { found = sql::list(work, filter); }); !status.ok()) return status;
      for (auto& known : found) fill(*response->add_receipts(), known);
      return grpc::Status::OK;
    });
  }

  grpc::Status ListSetAside(grpc::ServerContext*, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override {
    return run([&](pqxx::work& work) { *response = sql::list_set_aside(work, *request); });
  }

  grpc::Status WithholdError(grpc::ServerContext*, const v1::WithholdErrorRequest* request,
                             v1::WithholdErrorResponse* response) override {
    if (!receipts::is_uuid(request->receipt_id()))
      return {grpc::StatusCode::INVALID_ARGUMENT, "receipt_id is not a UUID"};
    const Owner asker{TenantId(request->tenant()), InstallationId(request->installation())};
    return run([&](pqxx::work& work) {
      response->set_verdict(sql::withhold_error(work, ReceiptId(request->receipt_id()), asker, request->revision()));
    });
  }

 private:
  grpc::Status run(const std::function<void(pqxx::work&)>& body) {
    const auto done = database_.run_blocking(body);
    return done ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNAVAILABLE, "the view's database does not answer");
  }

  postgres::Database& database_;
  const rpc::Access& access_;
};

StatusService::StatusService(postgres::Database& database, const rpc::Access& access)
    : access_(access), service_(std::make_unique<Service>(database, access)) {}
StatusService::~StatusService() = default;

int StatusService::start(const std::string& address, const identity::Files& identity) {
  server_ = std::make_unique<rpc::Server>(address, identity, access_, *service_);
  return server_->port();
}

void StatusService::stop() {
  if (server_) server_->stop();
}

}  // namespace kassaflow::status
