#include "kassaflow/fiscal/decimal.hpp"

namespace kassaflow::fiscal {
namespace {

__int128 power_of_ten(int exponent) {
  __int128 power = 1;
  while (exponent-- > 0) power *= 10;
  return power;
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
  __int128 units = negative ? -at_portal_scale : at_portal_scale;
  std::string digits;  // from the last to the first
  for (int place = 0; place <= kPortalScale || units != 0; ++place, units /= 10) {
    if (place == kPortalScale && !digits.empty()) digits += '.';
    const char digit = static_cast<char>('0' + static_cast<int>(units % 10));
    if (place < kPortalScale && digits.empty() && digit == '0') continue;
    digits += digit;
  }
  if (negative) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

}  // namespace kassaflow::fiscal
