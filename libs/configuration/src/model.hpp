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
  template <class T>
  using ById = std::unordered_map<std::string, std::shared_ptr<const T>>;

  struct PlacedCashbox {
    std::string installation;
    Cashbox cashbox;
  };

  Result<std::monostate> put(const v1::Document& document);
  void remove(std::string_view kind_and_id);
  void forget_cashbox(const std::string& id);
  void refresh_registers();
  void refresh_installations();

  ById<Pool> pools_;
  ById<Register> registers_;
  std::unordered_map<std::string, std::string> unknown_registers_;  // id -> pool
  ById<Installation> installations_;
  std::unordered_map<std::string, PlacedCashbox> cashboxes_;
  std::unordered_map<std::string, std::set<std::string>> cashboxes_by_installation_;
  std::set<std::string> stale_pools_;          // their registers' clocks are to be copied again
  std::set<std::string> stale_installations_;  // their cashboxes are to be gathered again
};

}  // namespace kassaflow::configuration
