#pragma once
// The audit log as it goes over the wire, and who is written into it.

#include "kassaflow/audit/chain.hpp"
#include "kassaflow/rpc/access.hpp"
#include "kassaflow/v1/audit.pb.h"

namespace kassaflow::rpc {

// What a caller says of himself: an actor of 1 to 128 bytes, a reason of at most 500. Else INVALID_ARGUMENT.
[[nodiscard]] grpc::Status check_said(const std::string& actor, const std::string& reason);

// By his token; what he says of himself and the address he called from stand beside it.
template <class Request>
[[nodiscard]] audit::Who who(const Caller& caller, const Request& request) {
  return {caller.name(), request.actor() + " at " + caller.from, request.reason()};
}

void fill(v1::ListAuditResponse& response, const audit::Part& part);

[[nodiscard]] audit::Part part_of(const v1::ListAuditResponse& response);

}  // namespace kassaflow::rpc
