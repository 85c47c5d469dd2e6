#include "kassaflow/configuration/snapshot.hpp"

namespace kassaflow::configuration {

const Installation* Snapshot::installation_of(std::string_view secret, std::int64_t now_ms) const {
  const auto known = installations_by_secret.find(std::string(secret));
  if (secret.empty() || known == installations_by_secret.end()) return nullptr;
  const Installation& installation = *known->second;
  const bool former = !installation.former_secret.empty() && installation.former_secret.matches(secret);
  return former && now_ms >= installation.former_secret_until_ms ? nullptr : &installation;
}

}  // namespace kassaflow::configuration
