#include "operations.hpp"

#include <grpcpp/grpcpp.h>

#include <map>
#include <stdexcept>
#include <utility>

#include "kassaflow/base/check.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/rpc/audit.hpp"
#include "kassaflow/rpc/page.hpp"
#include "kassaflow/text/visible.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"

namespace kassaflow::fiscalizer {

using journal::Transaction;

namespace {

grpc::Status to_status(const Error& error) {
  using grpc::StatusCode;
  const std::string text = visible(explained(error));
  if (error.code == people::kMalformed) return {StatusCode::INVALID_ARGUMENT, text};
  if (error.code == people::kUnknown || error.code == people::kUnknownDocument) return {StatusCode::NOT_FOUND, text};
  if (error.code == people::kRefused) return {StatusCode::FAILED_PRECONDITION, text};
  if (error.code == postgres::kData) return {StatusCode::INVALID_ARGUMENT, text};
  return {StatusCode::UNAVAILABLE, text};
}

v1::Shift record_shift(Shift shift) {
  switch (shift) {
    case Shift::unknown:
      return v1::SHIFT_UNSPECIFIED;
    case Shift::open:
      return v1::SHIFT_OPEN;
    case Shift::closed:
      return v1::SHIFT_CLOSED;
  }
  never();
}

void fill(v1::SetAsideRecord& record, const KeptShown& kept) {
  auto& place = *record.mutable_place();
  place.set_at_us(kept.place.at_us);
  place.set_topic(kept.place.topic);
  place.set_partition(kept.place.partition);
  place.set_log(kept.place.log);
  place.set_offset(kept.place.offset);
  record.set_why(kept.why);
  record.set_detail(kept.detail);
  record.set_receipt_id(kept.receipt.str());
  record.set_key(kept.key);
  record.set_bytes(kept.bytes);
}

template <class Request>
people::Order order_of(const Request& request, const rpc::Caller& caller) {
  people::Order order{{}, rpc::who(caller, request)};
  if constexpr (requires { request.receipt_id(); }) order.receipt = ReceiptId(request.receipt_id());
  order.only_tenant = caller.only_tenant();
  if constexpr (requires { request.attempt(); }) order.attempt = request.attempt();
  return order;
}

}  // namespace

class Operations::Service final : public v1::Fiscalizer::Service {
 public:
  Service(journal::Store& store, const rpc::Access& access, people::Times times, OperationsHooks hooks, WorkerId worker)
      : store_(store),
        access_(access),
        times_(times),
        hooks_(std::move(hooks)),
        worker_(std::move(worker)),
        retries_(store, hooks_.ask_promise, [this] { hooks_.settled({}); }) {}

  Retries& retries() { return retries_; }

  grpc::Status Resolve(grpc::ServerContext* context, const v1::ResolveRequest* request,
                       v1::OperationResponse* response) override {
    switch (request->word()) {
      case v1::ResolveRequest::PRINTED:
        return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
          return people::resolve_printed(tx, order, request->fiscal());
        });
      case v1::ResolveRequest::NOT_PRINTED:
        return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
          return people::resolve_not_printed(tx, order, times_);
        });
      case v1::ResolveRequest::WORD_UNSPECIFIED:
      case v1::ResolveRequest_Word_ResolveRequest_Word_INT_MIN_SENTINEL_DO_NOT_USE_:
      case v1::ResolveRequest_Word_ResolveRequest_Word_INT_MAX_SENTINEL_DO_NOT_USE_:
        break;
    }
    return {grpc::StatusCode::INVALID_ARGUMENT, "word is PRINTED or NOT_PRINTED"};  // also a word of a newer kassactl
  }

  grpc::Status Fail(grpc::ServerContext* context, const v1::FailRequest* request,
                    v1::OperationResponse* response) override {
    return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
      return people::fail_receipt(tx, order, request->reason(), request->not_printed(), times_);
    });
  }

  grpc::Status Hold(grpc::ServerContext* context, const v1::HoldRequest* request,
                    v1::OperationResponse* response) override {
    return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
      return people::hold(tx, order, request->reason());
    });
  }

  grpc::Status Retry(grpc::ServerContext* context, const v1::RetryRequest* request,
                     v1::OperationResponse* response) override {
    auto status = decide(*context, *request, response,
                         [](Transaction& tx, const people::Order& order) { return people::retry(tx, order); });
    if (!status.ok() || response->state() != v1::RECEIPT_STATE_FAILED) return status;
    switch (retries_.carry_out(ReceiptId(request->receipt_id()))) {
      case Retries::End::queued:
        response->set_state(v1::RECEIPT_STATE_QUEUED);
        response->clear_note();
        return status;
      case Retries::End::taken_back:
        return {grpc::StatusCode::FAILED_PRECONDITION,
                "the portal was told that it failed; print the check again from the portal"};
      case Retries::End::later:
      case Retries::End::status_away:
      case Retries::End::no_wish:  // another worker has just done it
        return status;
    }
    never();
  }

  grpc::Status Erase(grpc::ServerContext* context, const v1::EraseRequest* request,
                     v1::OperationResponse* response) override {
    return decide(*context, *request, response,
                  [](Transaction& tx, const people::Order& order) { return people::erase(tx, order); });
  }

  grpc::Status BindStorage(grpc::ServerContext* context, const v1::BindStorageRequest* request,
                           v1::StorageResponse* response) override {
    const RegisterId id(request->register_());
    const auto entry = hooks_.find_register(id);
    if (!entry || entry->settings.identity.empty()) {
      return {grpc::StatusCode::NOT_FOUND, "no register " + visible(id.str()) + " is known to this worker"};
    }
    return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
      return people::bind_storage(tx, order.who, id, {request->fn(), entry->settings.identity, entry->tenant});
    });
  }

  grpc::Status Unbook(grpc::ServerContext* context, const v1::UnbookRequest* request,
                      v1::StorageResponse* response) override {
    return decide(*context, *request, response, [&](Transaction& tx, const people::Order& order) {
      return people::unbook(tx, order.who, request->fn(), request->fd());
    });
  }

  grpc::Status ListAudit(grpc::ServerContext*, const v1::ListAuditRequest* request,
                         v1::ListAuditResponse* response) override {
    const auto part = store_.run_blocking(
        [&](Transaction& tx) { return tx.audit_after(request->after(), rpc::page_limit(*request)); });
    if (!part) return to_status(part.error());
    rpc::fill(*response, *part);
    return grpc::Status::OK;
  }

  grpc::Status ListSetAside(grpc::ServerContext*, const v1::ListSetAsideRequest* request,
                            v1::ListSetAsideResponse* response) override {
    std::optional<KeptPlace> after;
    if (const auto& place = request->after(); request->has_after())
      after = {place.at_us(), place.topic(), place.partition(), place.log(), place.offset()};
    const auto kept =
        store_.run_blocking([&](Transaction& tx) { return tx.kept_behind(after, rpc::page_limit(*request)); });
    if (!kept) return to_status(kept.error());
    for (const auto& one : *kept) fill(*response->add_records(), one);
    return grpc::Status::OK;
  }

  grpc::Status Unsettled(grpc::ServerContext*, const v1::UnsettledRequest* request,
                         v1::UnsettledResponse* response) override {
    if (!documents::is_id(request->register_()) || !std::in_range<std::int64_t>(request->revision())) {
      return {grpc::StatusCode::INVALID_ARGUMENT, "register is the id of a document, and revision one it can have"};
    }
    const RegisterId register_id(request->register_());
    // Two transactions: the second sees whatever had begun before the first.
    const auto retired =
        store_.transact_blocking([&](Transaction& tx) { tx.retire(register_id, request->revision()); });
    if (!retired) return to_status(retired.error());
    const auto unsettled =
        store_.run_blocking([&](Transaction& tx) { return people::unsettled(tx, register_id, times_); });
    if (!unsettled) return to_status(unsettled.error());
    response->mutable_blockers()->Assign(unsettled->blockers.begin(), unsettled->blockers.end());
    response->set_under_way(unsettled->under_way);
    return grpc::Status::OK;
  }

  grpc::Status ListRegisters(grpc::ServerContext* context, const v1::ListRegistersRequest*,
                             v1::ListRegistersResponse* response) override {
    return access_.with_caller(*context, [&](const rpc::Caller& caller) { return list_registers(caller, *response); });
  }

 private:
  grpc::Status list_registers(const rpc::Caller& caller, v1::ListRegistersResponse& response) {
    auto shown = hooks_.views();
    if (!shown) return {grpc::StatusCode::UNAVAILABLE, "the worker is busy or stopping"};
    auto& views = *shown;
    std::erase_if(views, [&](const Lane::View& view) { return !caller.may_see(view.tenant); });
    std::vector<PoolId> pools;
    for (const auto& view : views) pools.push_back(view.pool);
    auto queued = store_.run_blocking([&](Transaction& tx) { return tx.queue_lengths(pools); });
    if (!queued) return to_status(queued.error());
    for (const auto& view : views) {
      auto* entry = response.add_registers();
      entry->set_register_(view.register_id.str());
      entry->set_pool(view.pool.str());
      entry->set_protocol(view.protocol);
      entry->set_up(view.up);
      entry->set_detail(view.detail);
      entry->set_shift(record_shift(view.shift));
      entry->set_queue(static_cast<std::uint64_t>((*queued)[view.pool]));
      entry->set_printing(view.printing.str());
      entry->set_worker(worker_.str());
    }
    return grpc::Status::OK;
  }

  // A refusal leaves nothing behind. Of a word about a storage the order names no receipt, and the answer no state.
  template <class Request, class Response>
  grpc::Status decide(const grpc::ServerContext& context, const Request& request, Response* response,
                      const std::function<Result<people::Done>(Transaction&, const people::Order&)>& body) {
    if (grpc::Status said = rpc::check_said(request.actor(), request.reason()); !said.ok()) return said;
    return access_.with_caller(context, [&](const rpc::Caller& caller) {
      const people::Order order = order_of(request, caller);
      Result<people::Done> decided;
      const auto stored = store_.transact_blocking([&](Transaction& tx) {
        decided = body(tx, order);
        if (!decided) throw std::runtime_error(decided.error().message);
      });
      if (!decided) return to_status(decided.error());
      if (!stored) return to_status(stored.error());
      if constexpr (requires { response->state(); }) response->set_state(records::to_record(decided->state));
      response->set_note(decided->note);
      if (decided->finished) hooks_.finished(*decided->finished);
      hooks_.settled(decided->register_id);
      return grpc::Status::OK;
    });
  }

  journal::Store& store_;
  const rpc::Access& access_;
  people::Times times_;
  OperationsHooks hooks_;
  WorkerId worker_;
  Retries retries_;
};

Operations::Operations(journal::Store& store, people::Times times, OperationsHooks hooks, WorkerId worker)
    : access_(hooks.find_token),
      service_(std::make_unique<Service>(store, access_, times, std::move(hooks), std::move(worker))) {}

Operations::~Operations() = default;

int Operations::start(const std::string& address, const identity::Files& identity) {
  server_ = std::make_unique<rpc::Server>(address, identity, access_, *service_);
  log::info("grpc.listening", {{"port", server_->port()}});
  service_->retries().start();
  return server_->port();
}

void Operations::stop() {
  service_->retries().stop();
  if (server_) server_->stop();
}

}  // namespace kassaflow::fiscalizer
