#include "fiscalizers.hpp"

namespace kassaflow::kassactl {

void operate(const Environment& environment, const Operation& operation) {
  std::string reason;
  std::string unreachable;
  for (const std::string& address : addresses(environment, "fiscalizer")) {
    const auto stub = v1::Fiscalizer::NewStub(open_channel(environment, "fiscalizer", address, token(environment)));
    grpc::ClientContext context;
    limit(context);
    const grpc::Status status = operation(*stub, context);
    if (status.ok()) return;
    const bool away = status.error_code() == grpc::StatusCode::UNAVAILABLE ||
                      status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED;
    (away ? unreachable : reason) = away ? describe(status, "fiscalizer", address) : status.error_message();
  }
  throw Failure(reason.empty() ? unreachable : reason);
}

}  // namespace kassaflow::kassactl
