#include "registry.hpp"

#include "kassaflow/text/visible.hpp"

namespace kassaflow::kassactl {

Registry::Registry(const Environment& environment, const Secret& token)
    : address(addresses(environment, "registry").front()),
      stub(v1::Registry::NewStub(open_channel(environment, "registry", address, token))) {}

void Registry::check(const grpc::Status& status) const {
  if (status.ok()) return;
  const bool says_it_all = status.error_code() == grpc::StatusCode::NOT_FOUND ||
                           status.error_code() == grpc::StatusCode::FAILED_PRECONDITION ||
                           status.error_code() == grpc::StatusCode::PERMISSION_DENIED ||
                           status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
  throw Failure(says_it_all ? status.error_message() : describe(status, "registry", address));
}

std::vector<v1::Document> Registry::list(const std::string& kind) const {
  v1::ListRequest request;
  request.set_kind(kind);
  v1::ListResponse response;
  grpc::ClientContext context;
  limit(context);
  check(stub->List(&context, request, &response));
  return {response.documents().begin(), response.documents().end()};
}

int report_lagging(const Session& session, const google::protobuf::RepeatedPtrField<std::string>& lagging) {
  for (const std::string& name : lagging) {
    session.err << "stored, but " << visible(name) << " has not taken the change over within 10 s\n";
  }
  return lagging.empty() ? 0 : 1;
}

}  // namespace kassaflow::kassactl
