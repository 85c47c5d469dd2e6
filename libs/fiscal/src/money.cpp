#include "kassaflow/fiscal/money.hpp"

#include <string_view>

namespace kassaflow::fiscal {
namespace {

// value / 10^decimals with exactly that many decimals.
std::string fixed_point(std::int64_t value, std::size_t decimals) {
  std::string text = std::to_string(value);
  const bool negative = text.front() == '-';
  if (negative) text.erase(0, 1);
  if (text.size() <= decimals) text.insert(0, decimals + 1 - text.size(), '0');
  text.insert(text.size() - decimals, 1, '.');
  return negative ? "-" + text : text;
}

}  // namespace

Kopecks cost(Kopecks price, Quantity quantity) {
  const auto product = static_cast<__int128>(price.value()) * quantity.thousandths();
  return Kopecks(static_cast<std::int64_t>((product + 500) / 1000));
}

std::string to_rubles(Kopecks amount) { return fixed_point(amount.value(), 2); }

std::string to_decimal(Quantity quantity) {
  std::string text = fixed_point(quantity.thousandths(), 3);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace kassaflow::fiscal
