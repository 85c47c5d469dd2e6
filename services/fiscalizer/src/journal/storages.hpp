#pragma once
// Whose a fiscal storage is (exactly-once.md 11, docs/architecture/storages.md): of the register that named it first in
// its own conversation with the gateway, until a person says otherwise.

#include <set>
#include <string>
#include <vector>

#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

// What a document says of the register it came from.
enum class Named : std::uint8_t {
  own,      // its own storage, or none
  unbound,  // a storage that is nobody's yet
  foreign,  // another register's
};
// `identity` or `tenant` empty: it is not known, and the other decides.
[[nodiscard]] Named whose_storage(const Storages& storages, const std::string& fn, const RegisterIdentity& identity,
                                  const TenantId& tenant);

// Those of `wanted` that are nobody's are bound, the first in order. Whose `fns` are afterwards.
Storages bind_unbound(Transaction& tx, std::vector<Storage> wanted, const std::set<std::string>& fns);

}  // namespace kassaflow::fiscalizer::journal
