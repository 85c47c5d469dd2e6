#include "kassaflow/fiscal/inn.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

#include "kassaflow/text/ascii.hpp"

namespace kassaflow::fiscal {
namespace {

bool digit_holds(std::string_view text, std::size_t position) {
  static constexpr int kWeights[] = {3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8};
  const auto weights = std::span(kWeights).last(position);
  int sum = 0;
  for (std::size_t i = 0; i < position; ++i) sum += weights[i] * (text[i] - '0');
  return sum % 11 % 10 == text[position] - '0';
}

}  // namespace

bool is_inn(std::string_view text) { return (text.size() == 10 || text.size() == 12) && ascii::all_digits(text); }

bool inn_checksum_holds(std::string_view text) {
  if (!is_inn(text)) return false;
  return text.size() == 10 ? digit_holds(text, 9) : digit_holds(text, 10) && digit_holds(text, 11);
}

}  // namespace kassaflow::fiscal
