#include "fiscalizers.hpp"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <vector>

#include "kassaflow/rpc/channel.hpp"
#include "kassaflow/v1/fiscalizer.grpc.pb.h"

namespace kassaflow::registry {
namespace {

constexpr std::chrono::seconds kAnswer{3};
constexpr ErrorKind kFiscalizersAway{"registry.fiscalizers_away",
                                     "start a fiscalizer, or correct the setting `fiscalizer_grpc`"};

using Stubs = std::vector<std::unique_ptr<v1::Fiscalizer::Stub>>;

Result<Unsettled> retire(const Stubs& stubs, const RegisterId& id, std::uint64_t revision) {
  std::string why = "fiscalizer_grpc is not set";
  for (const auto& stub : stubs) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAnswer);
    v1::UnsettledRequest request;
    request.set_register_(id.str());
    request.set_revision(revision);
    v1::UnsettledResponse response;
    const grpc::Status status = stub->Unsettled(&context, request, &response);
    if (status.ok()) return Unsettled{{response.blockers().begin(), response.blockers().end()}, response.under_way()};
    why = "no fiscalizer answered (" + status.error_message() + ")";
  }
  return fail(kFiscalizersAway, why);
}

}  // namespace

RetireAtFiscalizers retire_at_fiscalizers(const std::string& addresses, const identity::Files& identity) {
  auto stubs = std::make_shared<Stubs>();
  std::istringstream list(addresses);
  for (std::string address; std::getline(list, address, ',');) {
    if (address.empty()) continue;
    stubs->push_back(v1::Fiscalizer::NewStub(rpc::open_channel(identity, "fiscalizer", address)));
  }
  return [stubs](const RegisterId& id, std::uint64_t revision) { return retire(*stubs, id, revision); };
}

}  // namespace kassaflow::registry
