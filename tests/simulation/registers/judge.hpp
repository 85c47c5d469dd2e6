#pragma once
// Holds what drivers say of attempts against the ledgers of the registers. Never "not printed" for what is signed or
// ever will be, never "printed" with what the ledger does not have (exactly-once.md 5, 6, 8; I4).

#include <string>
#include <vector>

#include "fiscal_register.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::simulation {

class Judge {
 public:
  // What a driver told of the attempt with this key, at the moment it did.
  void heard(const FiscalRegister& at, const std::string& key, const registers::Finding& finding);
  // No byte is under way any more: what was said not to print has not printed.
  void close();
  // For people: which key, what was said, what the ledger has.
  [[nodiscard]] const std::vector<std::string>& wrong() const { return wrong_; }
  [[nodiscard]] std::size_t printed() const { return printed_; }
  [[nodiscard]] std::size_t not_printed() const { return denials_.size(); }

 private:
  struct Denial {
    const FiscalRegister* at;
    std::string key;
    std::string said;
    std::string answer;
  };
  std::vector<Denial> denials_;
  std::vector<std::string> wrong_;
  std::size_t printed_ = 0;
};

}  // namespace kassaflow::simulation
