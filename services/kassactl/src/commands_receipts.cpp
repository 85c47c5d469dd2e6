// receipts …: status shows, fiscalizer acts.

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "commands.hpp"
#include "fiscalizers.hpp"
#include "kassaflow/documents/words.hpp"
#include "kassaflow/fiscal/timezone.hpp"
#include "kassaflow/text/visible.hpp"
#include "kassaflow/traces/spans.hpp"
#include "kassaflow/v1/status.grpc.pb.h"
#include "receipt_view.hpp"
#include "registry.hpp"
#include "trace_view.hpp"

namespace kassaflow::kassactl {
namespace {

namespace json = boost::json;

struct Status {
  explicit Status(const Environment& environment)
      : address(addresses(environment, "status").front()),
        stub(v1::Status::NewStub(open_channel(environment, "status", address, token(environment)))) {}
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

int report(const Session& session, const ReceiptId& receipt, const v1::OperationResponse& response) {
  const std::string state(documents::word_of(response.state()));
  json::object object{{"id", receipt.str()}, {"state", state}};
  if (!response.note().empty()) object["note"] = response.note();
  const std::string note = response.note().empty() ? "" : ": " + response.note();
  show(session, object, visible(receipt.str() + " is now " + state + note) + "\n");
  return 0;
}

// Carries it out and says what the receipt is by now.
template <class Request>
int decide(const Session& session, const ReceiptId& receipt, const Request& request,
           grpc::Status (v1::Fiscalizer::Stub::*call)(grpc::ClientContext*, const Request&, v1::OperationResponse*)) {
  v1::OperationResponse response;
  operate(session.environment, [&](auto& stub, auto& context) { return (stub.*call)(&context, request, &response); });
  return report(session, receipt, response);
}

v1::ReceiptView find_receipt(const Session& session, const ReceiptId& receipt) {
  const Status status(session.environment);
  v1::GetReceiptRequest request;
  request.set_receipt_id(receipt.str());
  grpc::ClientContext context;
  limit(context);
  v1::ReceiptView view;
  const grpc::Status done = status.stub->Get(&context, request, &view);
  if (done.error_code() == grpc::StatusCode::NOT_FOUND) throw Failure("there is no receipt " + receipt.str());
  if (!done.ok()) throw Failure(describe(done, "status", status.address));
  return view;
}

// Shows what is known before it is changed; throws when the person thinks better of it. Scripts are not asked.
void confirm(const Session& session, const Verdict& verdict, const std::string& decision) {
  if (!session.interactive || verdict.yes) return;
  const v1::ReceiptView view = find_receipt(session, verdict.receipt);
  session.err << to_text(view) << "\n"
              << visible(decision + attempt_meant(view, verdict.attempt)) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(session.in, answer);
  if (answer != "y" && answer != "yes" && answer != "д" && answer != "да") throw Failure("nothing was changed");
}

std::string timezone_of(const Session& session, const PoolId& pool) {
  const Registry registry(session.environment);
  v1::GetRequest request;
  request.set_kind("pool");
  request.set_id(pool.str());
  v1::GetResponse response;
  grpc::ClientContext context;
  limit(context);
  const grpc::Status done = registry.stub->Get(&context, request, &response);
  if (done.error_code() == grpc::StatusCode::NOT_FOUND) {
    throw Failure("pool " + pool.str() + " is gone and its time zone with it: write --at with one, such as +03:00");
  }
  registry.check(done);
  return response.document().pool().timezone();
}

// Unix seconds; 0 when no time was given.
std::int64_t printed_at(const Session& session, const Verdict& verdict) {
  if (verdict.at.empty()) return 0;
  const auto moment = moment_of(verdict.at);
  if (!moment) throw Failure("--at is a time such as 2026-11-28T19:01:45, 2026-11-28T19:01:45+03:00 or …Z");
  const auto unix_s =
      moment->has_zone
          ? Result<std::int64_t>(moment->seconds)
          : fiscal::local_to_unix(
                moment->seconds, timezone_of(session, PoolId(find_receipt(session, verdict.receipt).outcome().pool())));
  if (!unix_s) throw Failure("--at: " + explained(unix_s.error()));
  constexpr std::int64_t kClocksDiffer_s = 24 * 3600;
  if (*unix_s <= 0 || *unix_s > now_ms() / 1000 + kClocksDiffer_s) throw Failure("--at is not a time that has been");
  return *unix_s;
}

template <class Request>
Request request_of(const Session& session, const Verdict& verdict) {
  Request request;
  request.set_receipt_id(verdict.receipt.str());
  request.set_actor(actor(session.environment));
  request.set_reason(session.reason);
  return request;
}

}  // namespace

int list_receipts(const Session& session, const ListOptions& options) {
  v1::ListReceiptsRequest request;
  request.set_tenant(options.tenant.str());
  request.set_pool(options.pool.str());
  if (!options.state.empty()) {
    const auto state = documents::value_of<v1::ReceiptState>(options.state);
    if (!state) throw Failure("--state is " + documents::words_of<v1::ReceiptState>());
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

int show_receipt(const Session& session, const ReceiptId& receipt) {
  const v1::ReceiptView view = find_receipt(session, receipt);
  show(session, to_object(view), to_text(view));
  return 0;
}

int trace_receipt(const Session& session, const ReceiptId& receipt) {
  const v1::ReceiptView view = find_receipt(session, receipt);
  const auto spans = traces::spans_of(view.outcome(), view.pushed_at_ms());
  show(session, trace_object(spans), to_text(trace_table(spans)));
  return 0;
}

int erase_receipt(const Session& session, const Verdict& verdict) {
  confirm(session, verdict, "Erase what it was about");
  return decide(session, verdict.receipt, request_of<v1::EraseRequest>(session, verdict), &v1::Fiscalizer::Stub::Erase);
}

int resolve_receipt(const Session& session, const Verdict& verdict) {
  if (verdict.printed == verdict.not_printed) throw Failure("say --printed or --not-printed");
  auto request = request_of<v1::ResolveRequest>(session, verdict);
  request.set_attempt(verdict.attempt);
  request.set_word(verdict.printed ? v1::ResolveRequest::PRINTED : v1::ResolveRequest::NOT_PRINTED);
  std::string decision = "Certainly not printed";
  if (verdict.printed) {
    if (verdict.fn.size() != 16 || !is_digits(verdict.fn)) throw Failure("--fn is the 16 digits of the fiscal storage");
    if (verdict.fd == 0) throw Failure("--fd is the number of the fiscal document, from 1");
    if (!is_digits(verdict.fp) || verdict.fp.size() > 10) throw Failure("--fp is the fiscal sign, at most 10 digits");
    v1::FiscalDocument& document = *request.mutable_fiscal();
    document.set_fn(verdict.fn);
    document.set_fd(verdict.fd);
    document.set_fp(verdict.fp);
    document.set_printed_at_s(printed_at(session, verdict));
    decision = "Printed as FN " + verdict.fn + " FD " + std::to_string(verdict.fd) + " sign " + verdict.fp;
  }
  confirm(session, verdict, decision);
  return decide(session, verdict.receipt, request, &v1::Fiscalizer::Stub::Resolve);
}

int fail_receipt(const Session& session, const Verdict& verdict) {
  auto request = request_of<v1::FailRequest>(session, verdict);
  request.set_reason(verdict.reason);
  request.set_not_printed(verdict.not_printed);
  request.set_attempt(verdict.attempt);
  confirm(session, verdict,
          std::string("Fail it for good, the portal is told ERROR") +
              (verdict.not_printed ? "; certainly not printed" : ""));
  return decide(session, verdict.receipt, request, &v1::Fiscalizer::Stub::Fail);
}

int hold_receipt(const Session& session, const Verdict& verdict) {
  auto request = request_of<v1::HoldRequest>(session, verdict);
  request.set_reason(verdict.reason);
  return decide(session, verdict.receipt, request, &v1::Fiscalizer::Stub::Hold);
}

int retry_receipt(const Session& session, const Verdict& verdict) {
  const auto request = request_of<v1::RetryRequest>(session, verdict);
  return decide(session, verdict.receipt, request, &v1::Fiscalizer::Stub::Retry);
}

}  // namespace kassaflow::kassactl
