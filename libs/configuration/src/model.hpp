#pragma once
// What the watcher knows, document by document, and how a Snapshot is made of it. Pure.
// Entries are immutable and shared between snapshots: a change makes new entries only for what it touches.

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "kassaflow/base/result.hpp"
#include "kassaflow/configuration/snapshot.hpp"

namespace kassaflow::v1 {
class Document;
class WatchEvent;
}  // namespace kassaflow::v1

namespace kassaflow::configuration {

class Model {
 public:
  // Deletes, then upserts. Documents this program cannot understand are left out, each with a line why.
  std::vector<std::string> apply(const v1::WatchEvent& event);

  [[nodiscard]] std::shared_ptr<const Snapshot> build(std::uint64_t revision);

 private:
  template <class Key, class T>
  using ById = std::unordered_map<Key, std::shared_ptr<const T>>;

  struct PlacedCashbox {
    InstallationId installation;
    Cashbox cashbox;
  };

  Result<std::monostate> put(const v1::Document& document, std::uint64_t revision);
  void remove(std::string_view kind_and_id);
  void forget_cashbox(const CashboxId& id);
  void refresh_registers();
  void refresh_installations();

  ById<PoolId, Pool> pools_;
  ById<RegisterId, Register> registers_;
  std::unordered_map<RegisterId, PoolId> unknown_registers_;
  ById<InstallationId, Installation> installations_;
  std::unordered_map<CashboxId, PlacedCashbox> cashboxes_;
  std::unordered_map<InstallationId, std::set<CashboxId>> cashboxes_by_installation_;
  std::unordered_map<std::string, std::pair<std::string, rpc::Token>> tokens_;  // by id, with their hashes
  std::set<PoolId> stale_pools_;                  // their registers' clocks are to be copied again
  std::set<InstallationId> stale_installations_;  // their cashboxes are to be gathered again
};

}  // namespace kassaflow::configuration
