#pragma once
// The merchant: checks that are posted, posted again, changed, and asked about.

#include "books.hpp"
#include "registry.hpp"
#include "status.hpp"

namespace kassaflow::simulation {

class Merchant {
 public:
  Merchant(World& world, Books& books, Registry& registry, Status& status);

  // All the checks of the plan, one after the other.
  asio::awaitable<void> sell();
  // The portal asks what became of them.
  asio::awaitable<void> ask();

 private:
  void post(Known& receipt);
  void print_again(int number);

  World& world_;
  Books& books_;
  Registry& registry_;
  Status& status_;
  Dice dice_;
  Dice again_;
  Dice portal_;
};

}  // namespace kassaflow::simulation
