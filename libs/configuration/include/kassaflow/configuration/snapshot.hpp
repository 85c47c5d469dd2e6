#pragma once
// The registry's configuration as one immutable snapshot, kept current by a Watch stream, and indexed the ways services
// ask. When the registry is away, the last snapshot stays in force.
//
// Thread-safety: current() from any thread; a Snapshot never changes.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/base/secret.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/registers/driver.hpp"
#include "kassaflow/rpc/token.hpp"
#include "kassaflow/v1/options.pb.h"

namespace kassaflow::configuration {

enum class MarkedWithoutCode : std::uint8_t { refuse, allow };

struct Pool {
  PoolId id;
  TenantId tenant;
  fiscal::Till till;
};

// What a cloud knew of a register before its callback key was last changed, and goes on using for a while.
struct FormerCallbacks {
  Secret token;                                            // empty: nothing
  std::shared_ptr<const registers::ProtocolSettings> own;  // with the key of then
  std::int64_t until_ms = 0;                               // Unix time; then it is nobody's
};

struct Register {
  std::uint64_t revision = 0;  // of the configuration, in which its document was told as it is here
  PoolId pool;
  TenantId tenant;
  registers::RegisterSettings settings;
  Secret callback_token;  // path segment of its callback URL, empty: it has none
  FormerCallbacks former_callbacks;
  bool retired = false;  // it is being deleted: nothing new is started on it
};

struct Cashbox {
  CashboxId id;
  std::string number;
  PoolId pool;
  std::map<std::string, Secret> required_params;  // "AUTH.LOGIN" -> value
};

struct Installation {
  InstallationId id;
  TenantId tenant;
  Secret secret;
  Secret former_secret;                     // before the last change, empty: none
  std::int64_t former_secret_until_ms = 0;  // Unix time
  std::optional<receipts::IdKey> id_key;    // ingress only
  Secret portal_webhook;                    // status only; holds the webhook's code
  std::map<std::int32_t, fiscal::Vat> vat;  // portal VAT record id -> plain rate
  MarkedWithoutCode marked_without_code = MarkedWithoutCode::refuse;
  std::map<std::string, Cashbox, std::less<>> cashboxes_by_number;
};

struct Snapshot {
  std::uint64_t revision = 0;
  std::unordered_map<PoolId, std::shared_ptr<const Pool>> pools;
  std::unordered_map<RegisterId, std::shared_ptr<const Register>> registers;
  std::unordered_map<PoolId, std::vector<std::shared_ptr<const Register>>> registers_by_pool;
  // Registers of a protocol that this version of the program does not speak, with their pools. They exist: another
  // version prints on them what no other register of the pool may be able to, and hears their callbacks.
  std::unordered_map<RegisterId, PoolId> unknown_registers;
  std::unordered_map<InstallationId, std::shared_ptr<const Installation>> installations;  // by id
  // Also by former secrets; `installation_of` knows whether it still is one.
  std::unordered_map<std::string, std::shared_ptr<const Installation>> installations_by_secret;
  // Also by former tokens, whatever the time.
  std::unordered_map<std::string, std::vector<std::shared_ptr<const Register>>> registers_by_callback_token;
  std::unordered_map<std::string, rpc::Token> tokens_by_hash;

  // Whose secret it is at `now_ms` (Unix): nullptr, nobody's, or a former one whose time is over.
  [[nodiscard]] const Installation* installation_of(std::string_view secret, std::int64_t now_ms) const;
};

// Whose token it is, by its hash (rpc/token.hpp). An error before the first snapshot.
[[nodiscard]] Result<std::optional<rpc::Token>> find_token(const Snapshot& snapshot, const std::string& hash);

// Follows the registry. `on_change` runs on the watcher's own thread before the revision is reported as in force.
class Watcher {
 public:
  struct Options {
    std::string registry_grpc;  // host:port
    v1::Service service = v1::SERVICE_UNSPECIFIED;
    std::string instance;
    identity::Files identity;
  };
  Watcher(Options options, std::function<void(std::shared_ptr<const Snapshot>)> on_change = {});
  ~Watcher();
  void start();
  void stop();
  // Never null; revision 0 before the first snapshot.
  [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
  [[nodiscard]] bool connected() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::configuration
