#pragma once
// Whose things are, as far as a snapshot knows (invariant I5). Pure, thread-safe.

#include <string>

#include "kassaflow/configuration/snapshot.hpp"

namespace kassaflow::configuration {

// What somebody says belongs together: a record, a callback, an answer. What is empty he does not say.
struct Named {
  TenantId tenant;
  InstallationId installation = {};
  PoolId pool = {};
  RegisterId register_id = {};
  RegisterIdentity identity = {};  // of that register
};

// What of it belongs to another tenant, English: "pool b-shop is of tenant b". Empty: nothing that is known. Tenants of
// pools, registers and installations never change, not even by deletion and a new start, and neither do registers'
// identities: what contradicts a document contradicts all of its revisions. What the snapshot does not know contradicts
// nothing: its document may be on its way, or be deleted while receipts wait.
[[nodiscard]] std::string contradiction(const Snapshot& snapshot, const Named& named);

}  // namespace kassaflow::configuration
