#pragma once
// The portal's numbers (protocols/bitrix24.md §3.3): "100", "99.99999999", "1.0E-5", "1.0E+14". Pure.

#include <optional>
#include <string_view>

#include "kassaflow/fiscal/decimal.hpp"

namespace kassaflow::bitrix24 {

// Nothing when `text` is no number or has more than 18 digits before the point. Digits beyond the 18th decimal are
// dropped: they are noise of the portal's doubles.
[[nodiscard]] std::optional<fiscal::Decimal> parse_decimal(std::string_view text);

}  // namespace kassaflow::bitrix24
