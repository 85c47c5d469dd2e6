#pragma once
// An exact decimal number as the portal sends it (protocols/bitrix24.md §3.3); never goes through binary floating
// point.

#include <cstdint>
#include <string>

namespace kassaflow::fiscal {

// value = mantissa * 10^-scale. 18 significant digits are enough: the portal sends at most 17.
struct Decimal {
  static constexpr int kMaxScale = 18;
  std::int64_t mantissa = 0;
  int scale = 0;  // 0..kMaxScale
};

// The portal keeps 8 decimals (bitrix24.md §5.7); what stands behind them is noise of its doubles.
inline constexpr int kPortalScale = 8;
inline constexpr int kKopeckScale = 2;
inline constexpr int kThousandthScale = 3;

// value * 10^scale as an integer, half away from zero (half up for what a receipt may hold), scale 0..kMaxScale.
// First to 8 decimals, then to `scale` when that is less: 1.0049999999999999 is a double's 1.005, so it becomes 1.01.
[[nodiscard]] __int128 round_half_up(Decimal value, int scale);

// One text for all spellings of a value: at most 8 decimals, no trailing zeros, no exponent, no "-0".
[[nodiscard]] std::string canonical(Decimal value);
// The same of a value that is at kPortalScale already; room for sums of many.
[[nodiscard]] std::string canonical(__int128 at_portal_scale);

}  // namespace kassaflow::fiscal
