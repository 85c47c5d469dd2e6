#pragma once
// People: cashiers at the registers, and the operators with kassactl. Operators mostly say what the ledgers have, at
// times the opposite; then what follows is theirs, and the gateway must have objected where it could.

#include "books.hpp"
#include "journal/people.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class People {
 public:
  People(World& world, Books& books);

  asio::awaitable<void> cashier(FiscalRegister& at);
  // Decides about any receipt now and then, as long as the trouble lasts.
  asio::awaitable<void> meddle();
  // With the ledgers in hand, what only a person can answer.
  void answer_questions();

 private:
  using Transaction = fiscalizer::journal::Transaction;
  using Decision = std::function<Result<fiscalizer::people::Done>(Transaction&)>;

  [[nodiscard]] fiscalizer::people::Times times() const;
  // By any worker that runs; false: it was refused, or nobody answered.
  bool decide(const std::string& what, const Decision& body);
  void resolve_printed(Known& receipt, std::uint32_t attempt, const Document& document);
  void resolve_not_printed(Known& receipt, std::uint32_t attempt);
  void fail(Known& receipt);
  void retry(const ReceiptId& receipt);
  [[nodiscard]] std::vector<std::uint32_t> unanswered(const ReceiptId& receipt);
  [[nodiscard]] const Document* printed_by_hand();

  World& world_;
  Books& books_;
  Dice cashiers_;
  Dice hardware_;
  Dice dice_;
  Dice whom_;
};

}  // namespace kassaflow::simulation
