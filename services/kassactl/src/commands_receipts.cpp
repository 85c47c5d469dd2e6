// receipts …: status shows, fiscalizer acts.

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <functional>

#include "commands.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"
#include "kassaflow/v1/status.grpc.pb.h"
#include "receipt_view.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

struct Status {
  explicit Status(const Environment& environment)
      : address(addresses(environment, "status").front()), stub(v1::Status::NewStub(open_channel(address))) {}
  std::string address;
  std::unique_ptr<v1::Status::Stub> stub;
};

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool is_digits(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

using Operation = std::function<grpc::Status(v1::Fiscalizer::Stub&, grpc::ClientContext&, v1::OperationResponse&)>;

// Operations are compare-and-set on the journal all workers share: the first worker that carries it out is enough.
v1::OperationResponse operate(const Session& session, const Operation& operation) {
  std::string reason;
  std::string unreachable;
  for (const std::string& address : addresses(session.environment, "fiscalizer")) {
    const auto stub = v1::Fiscalizer::NewStub(open_channel(address));
    grpc::ClientContext context;
    limit(context);
    v1::OperationResponse response;
    const grpc::Status status = operation(*stub, context, response);
    if (status.ok()) return response;
    const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    (away ? unreachable : reason) = away ? describe(status, "fiscalizer", address) : status.error_message();
  }
  throw Failure(reason.empty() ? unreachable : reason);
}

int report(const Session& session, const std::string& receipt, const v1::OperationResponse& response) {
  const std::string state = state_word(response.state());
  show(session, json::object{{"id", receipt}, {"state", state}}, receipt + " is now " + state + "\n");
  return 0;
}

}  // namespace

int list_receipts(const Session& session, const ListOptions& options) {
  v1::ListReceiptsRequest request;
  request.set_tenant(options.tenant);
  request.set_pool(options.pool);
  if (!options.state.empty()) {
    const auto state = state_of(options.state);
    if (!state) throw Failure("--state is queued, printing, uncertain, held, done or failed");
    request.set_state(*state);
  }
  if (!options.since.empty()) {
    const auto since = since_ms(options.since, now_ms());
    if (!since) throw Failure("--since is a span (30m, 1h, 2d) or a UTC time (2026-06-01, 2026-06-01T12:00:00Z)");
    request.set_since_ms(*since);
  }
  const Status status(session.environment);
  grpc::ClientContext context;
  limit(context);
  v1::ListReceiptsResponse response;
  const grpc::Status done = status.stub->List(&context, request, &response);
  if (!done.ok()) throw Failure(describe(done, "status", status.address));
  json::array objects;
  for (const v1::ReceiptView& view : response.receipts()) objects.push_back(to_object(view));
  show(session, objects, to_text(to_table({response.receipts().begin(), response.receipts().end()})));
  return 0;
}

int show_receipt(const Session& session, const std::string& receipt) {
  const Status status(session.environment);
  v1::GetReceiptRequest request;
  request.set_receipt_id(receipt);
  grpc::ClientContext context;
  limit(context);
  v1::ReceiptView view;
  const grpc::Status done = status.stub->Get(&context, request, &view);
  if (done.error_code() == grpc::StatusCode::NOT_FOUND) throw Failure("there is no receipt " + receipt);
  if (!done.ok()) throw Failure(describe(done, "status", status.address));
  show(session, to_object(view), to_text(view));
  return 0;
}

int resolve_receipt(const Session& session, const ResolveOptions& options) {
  v1::ResolveRequest request;
  request.set_receipt_id(options.receipt);
  request.set_attempt(options.attempt);
  request.set_printed(options.printed);
  request.set_actor(actor(session.environment));
  if (options.printed) {
    if (options.fn.size() != 16 || !is_digits(options.fn)) throw Failure("--fn is the 16 digits of the fiscal storage");
    if (options.fd == 0) throw Failure("--fd is the number of the fiscal document, from 1");
    if (!is_digits(options.fp) || options.fp.size() > 10) throw Failure("--fp is the fiscal sign, at most 10 digits");
    request.mutable_fiscal()->set_fn(options.fn);
    request.mutable_fiscal()->set_fd(options.fd);
    request.mutable_fiscal()->set_fp(options.fp);
  }
  return report(session, options.receipt, operate(session, [&](auto& stub, auto& context, auto& response) {
                  return stub.Resolve(&context, request, &response);
                }));
}

// A failed receipt may be retried when the portal was never told: the view must first promise never to tell it. The
// revision of that promise goes along, 0 = the receipt has not failed.
std::uint64_t withhold_error(const Session& session, const std::string& receipt) {
  const Status status(session.environment);
  v1::GetReceiptRequest get;
  get.set_receipt_id(receipt);
  grpc::ClientContext getting;
  limit(getting);
  v1::ReceiptView view;
  const grpc::Status found = status.stub->Get(&getting, get, &view);
  if (found.error_code() == grpc::StatusCode::NOT_FOUND) throw Failure("there is no receipt " + receipt);
  if (!found.ok()) throw Failure(describe(found, "status", status.address));
  if (view.outcome().state() != v1::RECEIPT_STATE_FAILED) return 0;
  v1::WithholdErrorRequest request;
  request.set_receipt_id(receipt);
  request.set_revision(view.outcome().revision());
  grpc::ClientContext withholding;
  limit(withholding);
  v1::WithholdErrorResponse response;
  const grpc::Status done = status.stub->WithholdError(&withholding, request, &response);
  if (!done.ok()) throw Failure(describe(done, "status", status.address));
  return view.outcome().revision();
}

int retry_receipt(const Session& session, const std::string& receipt) {
  v1::RetryRequest request;
  request.set_withheld_revision(withhold_error(session, receipt));
  request.set_receipt_id(receipt);
  request.set_actor(actor(session.environment));
  return report(session, receipt, operate(session, [&](auto& stub, auto& context, auto& response) {
                  return stub.Retry(&context, request, &response);
                }));
}

}  // namespace kassaflow::kassactl
