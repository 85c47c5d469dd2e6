#pragma once
// The registry as the workers know it: the configuration in force, and an operator who changes it under load. A
// register is retired before it is deleted or moved, as services/registry does it.

#include <map>
#include <set>
#include <string>

#include "journal/people.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class Registry {
 public:
  explicit Registry(World& world);

  // Changes something now and then, as long as the trouble lasts.
  asio::awaitable<void> change();
  // What was deleted is there again.
  void restore();

  static constexpr int kCashboxes = 3;
  [[nodiscard]] PoolId pool_of_cashbox(int cashbox) const { return cashboxes_.at(static_cast<std::size_t>(cashbox)); }

 private:
  struct Entry {
    PoolId pool;
    bool retired = false;
    bool deleted = false;
    std::shared_ptr<const configuration::Register> document;
  };
  void document(const std::string& id);  // made anew
  void pool(const PoolId& id, const std::string& cashier);
  void publish();
  asio::awaitable<void> in_force();
  [[nodiscard]] std::optional<fiscalizer::people::Unsettled> retire_at_fiscalizers(const std::string& id,
                                                                                   std::uint64_t revision);
  // Nothing is started on it any more, and nothing on it waits for an answer. False: it serves on.
  asio::awaitable<bool> retire(const std::string& id);
  asio::awaitable<void> remove(const std::string& id);
  asio::awaitable<void> move(const std::string& id);
  [[nodiscard]] bool may_go(const std::string& id) const;

  World& world_;
  Dice dice_;
  std::uint64_t revision_ = 0;
  std::map<std::string, Entry> registers_;
  std::map<PoolId, std::shared_ptr<const configuration::Pool>> pools_;
  std::vector<PoolId> pool_ids_;
  std::vector<PoolId> cashboxes_;
};

}  // namespace kassaflow::simulation
