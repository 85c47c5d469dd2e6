#pragma once
// The configuration in PostgreSQL. Every change is one transaction under one lock, so revisions are in commit order and
// what was checked still holds when it is written; the schema's constraints say the same again.
//
// Thread-safe; calls block.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/postgres/audit_log.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/rpc/token.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "plan.hpp"
#include "sealing.hpp"
#include "watchers.hpp"

namespace pqxx {
class row;
}

namespace kassaflow::registry {

struct Applied {
  std::vector<v1::ApplyResult> results;
  std::vector<v1::ApplyError> errors;  // not empty: nothing was written
  std::uint64_t revision = 0;
};

struct Changes {
  std::uint64_t revision = 0;
  std::vector<v1::Document> documents;  // with credentials, parents first
  std::vector<std::string> deleted;     // "kind/id"
};

struct StoreOptions {
  std::string postgres;  // libpq URI
  bool allow_private_endpoints = false;
  std::chrono::milliseconds secret_grace{0};  // how long a changed secret is still answered
  metrics::Metrics* metrics = nullptr;        // null: nobody wants to know
};

inline constexpr ErrorKind kNotFound{"registry.not_found", "`kassactl get KIND` shows which there are"};
inline constexpr ErrorKind kInUse{"registry.in_use", "see that nothing uses it, then delete it again"};
inline constexpr ErrorKind kOtherIdMaster{"registry.id_master", "restore the original id_master_file"};

// Errors beside those of postgres::Database are the above.
class Store {
 public:
  Store(const StoreOptions& options, Keyring keyring, IdMaster id_master);

  // Before anything else: refuses an id master other than the database's, and seals anew what an older key sealed.
  Result<std::monostate> prepare();

  Result<Applied> apply(const std::vector<v1::Document>& documents, const audit::Who& who, const Rights& rights);
  // A register is retired before it is deleted, and put back when it may not be. Both return the new revision.
  Result<std::uint64_t> retire(const Name& name, bool retired);
  Result<std::uint64_t> remove(const Name& name, const audit::Who& who);

  // `only_tenant`: whose documents are there to be seen; empty: everybody's.
  Result<v1::Document> get(const Name& name, const TenantId& only_tenant);  // with credentials
  // Without credentials.
  Result<std::vector<v1::Document>> list(const std::string& kind, const TenantId& only_tenant);
  Result<Changes> changes_since(std::uint64_t revision);  // 0: everything
  Result<std::optional<rpc::Token>> find_token(const std::string& hash);
  Result<audit::Part> audit_after(std::int64_t number, int limit);
  Result<std::uint64_t> revision();

  // Several replicas of the registry: who watches at `replica`, told regularly; and who of the others' is behind.
  // A replica that has been silent for a few seconds is gone.
  Result<std::monostate> tell_watchers(const std::string& replica, const std::vector<WatcherState>& watchers);
  // Who watched lately, at any replica: after a start they are expected back.
  Result<std::vector<std::string>> recent_watchers();
  Result<std::vector<std::string>> behind_elsewhere(const std::string& replica, std::uint64_t revision);

  [[nodiscard]] bool healthy() const { return database_.healthy(); }
  [[nodiscard]] const IdMaster& id_master() const { return id_master_; }

 private:
  [[nodiscard]] World load(pqxx::work& work, const Needs& needs) const;
  void write(pqxx::work& work, const std::vector<Write>& writes, std::uint64_t revision) const;
  [[nodiscard]] v1::Document read_document(const pqxx::row& row) const;
  [[nodiscard]] Stored stored_document(const pqxx::row& row) const;

  postgres::Database database_;
  const Keyring keyring_;
  const IdMaster id_master_;
  const StoreOptions options_;
};

}  // namespace kassaflow::registry
