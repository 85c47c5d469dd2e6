#include "kassaflow/fiscal/money.hpp"

#include <algorithm>

#include "kassaflow/text/ascii.hpp"

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

std::optional<Kopecks> parse_rubles(std::string_view text) {
  constexpr std::size_t kMostRubles = 12;  // digits
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point == text.size() ? "00" : text.substr(point + 1);
  if (whole.empty() || decimals.empty()) return std::nullopt;
  if (!ascii::all_digits(whole) || !ascii::all_digits(decimals)) return std::nullopt;
  if (decimals.find_first_not_of('0', 2) != std::string_view::npos) return std::nullopt;
  const std::string_view rubles = whole.substr(std::min(whole.find_first_not_of('0'), whole.size()));
  if (rubles.size() > kMostRubles) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : rubles) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < 2; ++i) value = value * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  return Kopecks(value);
}

}  // namespace kassaflow::fiscal
