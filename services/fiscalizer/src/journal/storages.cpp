#include "storages.hpp"

namespace kassaflow::fiscalizer::journal {

Named whose_storage(const Storages& storages, const std::string& fn, const RegisterIdentity& identity,
                    const TenantId& tenant) {
  if (fn.empty()) return Named::own;
  const auto found = storages.find(fn);
  if (found == storages.end()) return Named::unbound;
  const bool same_register = identity.empty() || found->second.identity == identity;
  const bool same_tenant = tenant.empty() || found->second.tenant == tenant;
  return same_register && same_tenant ? Named::own : Named::foreign;
}

Storages bind_unbound(Transaction& tx, std::vector<Storage> wanted, const std::set<std::string>& fns) {
  auto storages = tx.storages(fns);
  std::erase_if(wanted, [&](const auto& storage) { return storages.contains(storage.fn); });
  if (wanted.empty()) return storages;
  tx.bind_storages(wanted);
  return tx.storages(fns);
}

}  // namespace kassaflow::fiscalizer::journal
