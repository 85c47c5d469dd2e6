#pragma once
// Who calls, and whether he may: services by the name in their certificate, people and scripts by a token. What a
// method allows says its mark (options.proto Access). Thread-safe.

#include <grpcpp/grpcpp.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/rpc/token.hpp"
#include "kassaflow/v1/options.pb.h"

namespace kassaflow::rpc {

// The token whose hash this is; nullopt: there is none; an error: nobody can say now. Called on any thread.
using FindToken = std::function<Result<std::optional<Token>>(const std::string& hash)>;

struct Caller {
  v1::Service service = v1::SERVICE_UNSPECIFIED;  // by its certificate
  std::optional<Token> token;                     // none: a service
  std::string from;                               // "ipv4:10.0.0.7:51234"

  [[nodiscard]] std::string name() const;  // for the audit log: the token's id, or the service
  // The one tenant whose things are his to see and to change; empty: everybody's.
  [[nodiscard]] TenantId only_tenant() const { return token ? token->tenant : TenantId(); }
  [[nodiscard]] bool may_see(const TenantId& tenant) const { return only_tenant().empty() || only_tenant() == tenant; }
};

// `method`: "/kassaflow.v1.Registry/Apply". Pure.
[[nodiscard]] bool may_call(const Caller& caller, std::string_view method);

class Access {
 public:
  explicit Access(FindToken find_token) : find_token_(std::move(find_token)) {}

  // What a handler does for the one who called; the door has let him in. Refuses when his token has been revoked since.
  grpc::Status with_caller(const grpc::ServerContext& context,
                           const std::function<grpc::Status(const Caller& caller)>& body) const;

  // The door of a server: refuses who may not call the method, before its handler is called.
  [[nodiscard]] std::shared_ptr<grpc::AuthMetadataProcessor> door() const;

 private:
  const FindToken find_token_;
};

}  // namespace kassaflow::rpc
