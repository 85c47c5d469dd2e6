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

}  // namespace kassaflow::fiscal
