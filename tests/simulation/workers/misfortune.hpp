#pragma once
// What befalls workers and what they need: kills, freezes, outages, restarts, a journal that comes back, nights. And
// the platform that starts new ones.

#include "status.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class Misfortune {
 public:
  Misfortune(World& world, Status& status);
  // Everything at once, each kind at moments of its own, as long as the merchant sells.
  void begin();
  // The release is complete: no worker of an older version is left.
  void replace_older();

 private:
  // Again and again: what it does to one of those who live.
  asio::awaitable<void> strike(Kind kind, Dice dice, std::function<void(Dice&, SimulatedWorker&)> what);
  asio::awaitable<void> platform();
  asio::awaitable<void> restart_all();
  asio::awaitable<void> night();
  void outage(Dice& dice, SimulatedWorker& one);
  void disaster(Dice& dice, const fiscalizer::journal::Memory::Backup& backup);
  void stop(SimulatedWorker& worker);
  void make_again(Dice& dice);

  World& world_;
  Status& status_;
};

}  // namespace kassaflow::simulation
