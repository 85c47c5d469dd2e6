#include "kassaflow/fiscal/decimal.hpp"

namespace kassaflow::fiscal {
namespace {

__int128 power_of_ten(int exponent) {
  __int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
}

constexpr std::uint64_t kOne = 100'000'000;  // at the portal's scale
static_assert(kPortalScale == 8);

std::string digits_of(unsigned __int128 number) {
  constexpr std::uint64_t kPart = 1'000'000'000'000'000'000;
  if (number < kPart) return std::to_string(static_cast<std::uint64_t>(number));
  const std::string low = std::to_string(kPart + static_cast<std::uint64_t>(number % kPart));
  return digits_of(number / kPart) + low.substr(1);
}

__int128 rescale(__int128 mantissa, int from, int to) {
  if (to >= from) return mantissa * power_of_ten(to - from);
  const __int128 divisor = power_of_ten(from - to);
  const __int128 half = mantissa < 0 ? -(divisor / 2) : divisor / 2;
  return (mantissa + half) / divisor;
}

}  // namespace

__int128 round_half_up(Decimal value, int scale) {
  if (value.scale > kPortalScale && scale < kPortalScale) {
    return rescale(rescale(value.mantissa, value.scale, kPortalScale), kPortalScale, scale);
  }
  return rescale(value.mantissa, value.scale, scale);
}

std::string canonical(Decimal value) { return canonical(round_half_up(value, kPortalScale)); }

std::string canonical(__int128 at_portal_scale) {
  const bool negative = at_portal_scale < 0;
  const auto units = static_cast<unsigned __int128>(negative ? -at_portal_scale : at_portal_scale);
  std::string text = (negative ? "-" : "") + digits_of(units / kOne);
  if (const auto fraction = static_cast<std::uint64_t>(units % kOne); fraction != 0) {
    std::string places = std::to_string(kOne + fraction);  // with a 1 before them, so that their zeros stay
    places[0] = '.';
    text.append(places, 0, places.find_last_not_of('0') + 1);
  }
  return text;
}

}  // namespace kassaflow::fiscal
