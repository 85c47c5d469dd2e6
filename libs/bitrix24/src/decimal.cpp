#include "kassaflow/bitrix24/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "kassaflow/text/ascii.hpp"

namespace kassaflow::bitrix24 {

namespace {

using fiscal::Decimal;

constexpr std::size_t kMaxText = 64;

std::size_t count_digits(std::string_view text) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), ascii::is_digit) - text.begin());
}

// "E-5" into -5; nothing when it is no exponent of at most two digits, PHP writes no others for amounts.
std::optional<int> parse_exponent(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() != 'E' && text.front() != 'e') return std::nullopt;
  text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.size() > 2 || count_digits(text) != text.size()) return std::nullopt;
  int exponent = 0;
  std::from_chars(text.data(), text.data() + text.size(), exponent);
  return negative ? -exponent : exponent;
}

// digits * 10^-scale with a scale that Decimal has.
std::optional<Decimal> fit(std::string_view digits, int scale, bool negative) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max() / 10 - 1;
  Decimal value;
  const auto add = [&value](int digit) {
    if (value.mantissa > kMax) return false;
    value.mantissa = value.mantissa * 10 + digit;
    return true;
  };
  const auto kept =
      static_cast<std::size_t>(std::max(0, static_cast<int>(digits.size()) - std::max(0, scale - Decimal::kMaxScale)));
  std::string_view significant = digits.substr(0, kept);
  value.scale = scale - static_cast<int>(digits.size() - kept);
  while (value.scale > 0 && significant.ends_with('0')) {
    significant.remove_suffix(1);
    --value.scale;
  }
  if (significant.empty()) return Decimal{};
  for (const char c : significant) {
    if (!add(c - '0')) return std::nullopt;
  }
  for (; value.scale < 0; ++value.scale) {
    if (value.mantissa == 0) return Decimal{};
    if (!add(0)) return std::nullopt;
  }
  if (value.mantissa == 0) return Decimal{};
  if (negative) value.mantissa = -value.mantissa;
  return value;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  if (text.size() > kMaxText) return std::nullopt;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::string_view whole = text.substr(0, count_digits(text));
  text.remove_prefix(whole.size());
  std::string_view fraction;
  if (text.starts_with('.')) {
    fraction = text.substr(1, count_digits(text.substr(1)));
    if (fraction.empty()) return std::nullopt;
    text.remove_prefix(1 + fraction.size());
  }
  if (whole.empty()) return std::nullopt;
  const auto exponent = parse_exponent(text);
  if (!exponent) return std::nullopt;

  std::array<char, kMaxText> digits{};
  char* end = std::copy(whole.begin(), whole.end(), digits.begin());
  end = std::copy(fraction.begin(), fraction.end(), end);
  return fit({digits.data(), static_cast<std::size_t>(end - digits.data())},
             static_cast<int>(fraction.size()) - *exponent, negative);
}

}  // namespace kassaflow::bitrix24
