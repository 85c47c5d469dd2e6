#pragma once
// What the keys of several protocols have in common, for Protocol::check. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers {

class DocumentChecks {
 public:
  void require(bool holds, std::string_view key, std::string_view message);
  // False when it is missing, and says so.
  bool present(std::string_view value, std::string_view key);
  // A credential that goes into a header.
  void token(std::string_view value, std::string_view key);

  [[nodiscard]] std::vector<Problem> problems() && { return std::move(problems_); }

 private:
  std::vector<Problem> problems_;
};

}  // namespace kassaflow::registers
