#pragma once
// Units of measure [2108] (protocols/ffd.md §3.8, protocols/bitrix24.md §5.2).

#include <cstdint>
#include <optional>
#include <string_view>

namespace kassaflow::fiscal {

inline constexpr std::uint8_t kMeasurePiece = 0;
inline constexpr std::uint8_t kMeasureOther = 255;

// OKEI code -> [2108]. Leading zeros do not matter; a code outside the table is "other"; an empty one is std::nullopt:
// the caller knows whether the line is a thing (other) or a delivery (piece).
[[nodiscard]] std::optional<std::uint8_t> measure_from_okei(std::string_view okei);

[[nodiscard]] bool is_measure(std::int64_t code);

}  // namespace kassaflow::fiscal
