#include "kassaflow/registers/document_checks.hpp"

#include <algorithm>
#include <iterator>

namespace kassaflow::registers {

void DocumentChecks::require(bool holds, std::string_view key, std::string_view message) {
  if (!holds) problems_.push_back({std::string(key), std::string(message)});
}

bool DocumentChecks::present(std::string_view value, std::string_view key) {
  require(!value.empty(), key, "is missing");
  return !value.empty();
}

void DocumentChecks::add(std::vector<Problem> problems) { std::ranges::move(problems, std::back_inserter(problems_)); }

void DocumentChecks::token(std::string_view value, std::string_view key) {
  if (!present(value, key)) return;
  require(value.size() <= 128 && std::ranges::all_of(value, is_visible), key,
          "must be at most 128 visible ASCII characters");
}

}  // namespace kassaflow::registers
