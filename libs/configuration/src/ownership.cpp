#include "kassaflow/configuration/ownership.hpp"

namespace kassaflow::configuration {

namespace {

// nullptr: not known.
template <class Id, class Value>
const Value* find(const std::unordered_map<Id, std::shared_ptr<const Value>>& documents, const Id& id) {
  const auto found = documents.find(id);
  return found == documents.end() ? nullptr : found->second.get();
}

std::string is_of(const char* kind, const std::string& id, const TenantId& tenant) {
  return std::string(kind) + " " + id + " is of tenant " + tenant.str();
}

std::string of_pool(const Snapshot& snapshot, const PoolId& id, const TenantId& tenant) {
  const auto* pool = find(snapshot.pools, id);
  return pool == nullptr || pool->tenant == tenant ? std::string() : is_of("pool", id.str(), pool->tenant);
}

std::string of_installation(const Snapshot& snapshot, const InstallationId& id, const TenantId& tenant) {
  const auto* installation = find(snapshot.installations, id);
  if (installation == nullptr || installation->tenant == tenant) return {};
  return is_of("installation", id.str(), installation->tenant);
}

std::string of_register(const Snapshot& snapshot, const Named& named) {
  const auto& id = named.register_id;
  const auto* known = find(snapshot.registers, id);
  if (known == nullptr) {  // of a protocol that this version does not speak, perhaps
    const auto unknown = snapshot.unknown_registers.find(id);
    return unknown == snapshot.unknown_registers.end() ? "" : of_pool(snapshot, unknown->second, named.tenant);
  }
  if (known->tenant != named.tenant) return is_of("register", id.str(), known->tenant);
  const auto& identity = known->settings.identity;
  if (named.identity.empty() || identity.empty() || identity == named.identity) return {};
  return "register " + id.str() + " is another physical register";
}

}  // namespace

std::string contradiction(const Snapshot& snapshot, const Named& named) {
  auto found = of_pool(snapshot, named.pool, named.tenant);
  if (found.empty()) found = of_installation(snapshot, named.installation, named.tenant);
  if (found.empty()) found = of_register(snapshot, named);
  return found;
}

}  // namespace kassaflow::configuration
