#include "common/document_checks.hpp"

#include <algorithm>

namespace kassaflow::registers {

void DocumentChecks::require(bool holds, std::string_view key, std::string_view message) {
  if (!holds) problems_.push_back({std::string(key), std::string(message)});
}

bool DocumentChecks::present(std::string_view value, std::string_view key) {
  require(!value.empty(), key, "is missing");
  return !value.empty();
}

void DocumentChecks::token(std::string_view value, std::string_view key) {
  if (!present(value, key)) return;
  const bool visible = std::ranges::all_of(value, [](char c) { return c > 0x20 && c < 0x7f; });
  require(value.size() <= 128 && visible, key, "must be at most 128 visible ASCII characters");
}

}  // namespace kassaflow::registers
