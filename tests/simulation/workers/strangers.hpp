#pragma once
// Whoever writes to the topics and is none of ours: rubbish, records beyond every limit, some that the journal refuses,
// and what another tenant says of this one's receipts, pools and registers. None of it may delay or change anything.

#include "books.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class Strangers {
 public:
  Strangers(World& world, Books& books);

  // Now and then, as long as the merchant sells.
  asio::awaitable<void> write();
  // As an operator does at their alarms: all outcomes are published again.
  asio::awaitable<void> publish_again();

 private:
  void write_one();
  [[nodiscard]] v1::ReceiptAccepted post();
  [[nodiscard]] v1::ReceiptOutcome outcome_of(const Known& receipt);
  // One that the journal knows; nullptr: there is none yet.
  const Known* some_receipt();
  std::string uuid();
  void append(Log& log, const std::string& key, std::string value);

  World& world_;
  Books& books_;
  Dice dice_;
};

}  // namespace kassaflow::simulation
