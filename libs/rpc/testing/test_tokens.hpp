#pragma once
// Tokens for tests, and channels of those who call.

#include <chrono>
#include <map>
#include <string>

#include "kassaflow/rpc/access.hpp"
#include "kassaflow/rpc/channel.hpp"
#include "test_identities.hpp"

namespace kassaflow::rpc {

// Gives tokens out and knows them again. Changed only while no call is under way.
class TestTokens {
 public:
  // Valid for `valid` from now.
  Secret give(v1::Scope scope, const std::string& tenant = {}, const std::string& id = "anna",
              std::chrono::seconds valid = std::chrono::hours(1)) {
    const std::string token = std::string(kTokenPrefix) + id + std::to_string(known_.size());
    known_[hash_of(token)] = {id, scope, TenantId(tenant),
                              std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + valid};
    return Secret(token);
  }
  void revoke_all() { known_.clear(); }

  [[nodiscard]] FindToken find() const {
    return [this](const std::string& hash) -> Result<std::optional<Token>> {
      const auto found = known_.find(hash);
      return found == known_.end() ? std::nullopt : std::optional(found->second);
    };
  }

 private:
  std::map<std::string, Token> known_;  // by hash
};

inline std::string local(int port) { return "127.0.0.1:" + std::to_string(port); }

// Of a person: he believes the authority, and has no certificate.
inline std::shared_ptr<grpc::Channel> channel_of(const Secret& token, const std::string& to_service, int port) {
  const identity::Files nobody{identity::files_of(to_service).authority, {}, {}};
  return open_channel(nobody, to_service, local(port), {}, token);
}

// Of a service.
inline std::shared_ptr<grpc::Channel> channel_of(const std::string& service, const std::string& to_service, int port) {
  return open_channel(identity::files_of(service), to_service, local(port));
}

}  // namespace kassaflow::rpc
