#pragma once
// What an Apply would do, decided before anything is written. Pure: what exists is given as a World.
//
// All documents are planned together, parents first whatever their order in the request; one error and nothing is
// written.

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "sealing.hpp"

namespace kassaflow::registry {

struct Name {
  std::string kind;
  std::string id;
  auto operator<=>(const Name&) const = default;
  [[nodiscard]] std::string text() const { return kind + "/" + id; }
};

// Something that at most one document over all tenants may have: a physical register, an installation's secret, a
// cashbox number of an installation.
struct Claim {
  std::string what;
  std::string value;
  auto operator<=>(const Claim&) const = default;
};
// An installation's secret stays its own for ever: a portal still posting to an old one must never reach another
// tenant.
inline constexpr std::string_view kSecretClaim = "secret";
inline constexpr const char* kTokenClaim = "token";  // by its hash

// What a document with this id may never change, also not by being deleted and made again: receipts, attempts and
// receipt ids point to it (exactly-once.md 9, 10).
using Fixed = std::map<std::string, std::string>;

struct Stored {
  v1::Document document;  // with credentials
  TenantId tenant;
  Fixed fixed;
};

struct World {
  std::map<Name, Stored> documents;
  std::map<Name, Fixed> tombstones;
  std::map<Claim, Name> claims;
};

struct Write {
  Name name;
  TenantId tenant;
  Fixed fixed;
  v1::Document document;  // with credentials
  std::vector<Name> references;
  std::vector<Claim> claims;
  std::string action;        // created | updated
  std::string changed_keys;  // for the audit log: names only
};

struct Plan {
  std::vector<v1::ApplyResult> results;  // in the order of the request
  std::vector<v1::ApplyError> errors;
  std::vector<Write> writes;  // parents first; unchanged documents are not written
};

// What who applies may write.
struct Rights {
  TenantId only_tenant = {};  // what is this tenant's, and he learns of nothing else; empty: everything
  bool tokens = true;         // also who else may come in
};

struct PlanContext {
  const IdMaster& id_master;
  bool allow_private_endpoints = false;
  Rights rights = {};
  std::function<std::string()> new_secret = generate_secret;
  std::int64_t now_ms = 0;                    // Unix time
  std::chrono::milliseconds secret_grace{0};  // how long what a changed secret was is still answered
};

// What must be loaded into the World before planning these documents.
struct Needs {
  std::set<Name> documents;  // tombstones and claims of these, too
  std::set<PoolId> pools;    // all registers of these, too
  std::set<Claim> claims;
};
[[nodiscard]] Needs needs_of(const std::vector<v1::Document>& documents, const IdMaster& id_master);

[[nodiscard]] Plan plan(const std::vector<v1::Document>& documents, World world, const PlanContext& context);

[[nodiscard]] std::string fixed_to_text(const Fixed& fixed);
[[nodiscard]] Fixed fixed_from_text(std::string_view text);

}  // namespace kassaflow::registry
