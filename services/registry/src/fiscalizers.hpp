#pragma once
// What the registry asks the fiscalizers before it deletes a register (exactly-once.md 9).

#include <string>

#include "grpc_service.hpp"
#include "kassaflow/identity/identity.hpp"

namespace kassaflow::registry {

// `addresses`: host:port,…. All workers share one journal: the first that answers is enough. Thread-safe; blocks.
[[nodiscard]] RetireAtFiscalizers retire_at_fiscalizers(const std::string& addresses, const identity::Files& identity);

}  // namespace kassaflow::registry
