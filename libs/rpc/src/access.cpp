#include "kassaflow/rpc/access.hpp"

#include <algorithm>

#include "kassaflow/documents/words.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/text/visible.hpp"

namespace kassaflow::rpc {
namespace {

using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

constexpr std::string_view kBearer = "Bearer ";
constexpr const char* kNames = "x509_subject_alternative_name";

std::string_view view(const grpc::string_ref& text) { return {text.data(), text.size()}; }

std::string_view value_of(const Metadata& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string_view() : view(found->second);
}

// By a certificate that the authority signed; gRPC has verified that.
v1::Service service_of(const grpc::AuthContext& connection) {
  for (const grpc::string_ref& name : connection.FindPropertyValues(kNames)) {
    const auto service = documents::value_of<v1::Service>(identity::service_of(view(name)));
    if (service) return *service;
  }
  return v1::SERVICE_UNSPECIFIED;
}

grpc::Status unknown() {
  return {grpc::StatusCode::UNAUTHENTICATED,
          "this token is unknown, revoked or expired; an operator makes another one"};
}

// Who holds the connection, and the token of the call.
grpc::Status identify(const FindToken& find_token, const grpc::AuthContext& connection, const Metadata& metadata,
                      Caller& caller) {
  const std::string_view authorization = value_of(metadata, "authorization");
  if (authorization.empty()) {
    caller.service = service_of(connection);
    if (caller.service != v1::SERVICE_UNSPECIFIED) return grpc::Status::OK;
    return {grpc::StatusCode::UNAUTHENTICATED, "say who you are: with a token, or with the certificate of a service"};
  }
  if (!authorization.starts_with(kBearer)) return unknown();
  auto found = find_token(hash_of(authorization.substr(kBearer.size())));
  if (!found) return {grpc::StatusCode::UNAVAILABLE, explained(found.error())};
  if (!*found || (*found)->expires <= std::chrono::system_clock::now()) return unknown();
  caller.token = std::move(**found);
  return grpc::Status::OK;
}

class Door final : public grpc::AuthMetadataProcessor {
 public:
  explicit Door(FindToken find_token) : find_token_(std::move(find_token)) {}

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* connection, OutputMetadata*,
                       OutputMetadata*) override {
    Caller caller;
    const std::string_view method = value_of(metadata, ":path");
    grpc::Status known = identify(find_token_, *connection, metadata, caller);
    if (known.ok() && !may_call(caller, method)) {
      known = {grpc::StatusCode::PERMISSION_DENIED, visible(caller.name() + " may not call " + std::string(method))};
    }
    if (!known.ok() && known.error_code() != grpc::StatusCode::UNAVAILABLE)
      log::warn("access.refused", {{"method", method}, {"caller", caller.name()}, {"reason", known.error_message()}});
    return known;
  }

 private:
  const FindToken find_token_;
};

}  // namespace

std::string Caller::name() const { return token ? token->id : std::string(documents::word_of(service)); }

bool may_call(const Caller& caller, std::string_view method) {
  std::string name(method.substr(std::min<std::size_t>(method.size(), 1)));
  std::ranges::replace(name, '/', '.');
  const auto* known = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (known == nullptr) return false;
  const v1::Access& access = known->options().GetExtension(v1::access);
  return caller.token ? std::ranges::find(access.scopes(), caller.token->scope) != access.scopes().end()
                      : std::ranges::find(access.services(), caller.service) != access.services().end();
}

grpc::Status Access::with_caller(const grpc::ServerContext& context,
                                 const std::function<grpc::Status(const Caller& caller)>& body) const {
  Caller caller;
  caller.from = context.peer();
  const auto connection = context.auth_context();
  if (grpc::Status known = identify(find_token_, *connection, context.client_metadata(), caller); !known.ok())
    return known;
  return body(caller);
}

std::shared_ptr<grpc::AuthMetadataProcessor> Access::door() const { return std::make_shared<Door>(find_token_); }

}  // namespace kassaflow::rpc
