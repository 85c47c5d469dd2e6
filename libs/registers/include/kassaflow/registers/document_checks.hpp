#pragma once
// Collects what is wrong with the keys of a document: the registry's own checks and those of each protocol
// (Protocol::check). Pure.

#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers {

// ASCII, neither a space nor a control character.
[[nodiscard]] constexpr bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

class DocumentChecks {
 public:
  void require(bool holds, std::string_view key, std::string_view message);
  // False when it is missing, and says so.
  bool present(std::string_view value, std::string_view key);
  void add(std::vector<Problem> problems);
  // A credential that goes into a header.
  void token(std::string_view value, std::string_view key);

  [[nodiscard]] std::vector<Problem> problems() && { return std::move(problems_); }

 private:
  std::vector<Problem> problems_;
};

}  // namespace kassaflow::registers
