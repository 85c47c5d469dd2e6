#pragma once
// A receipt as a packet of the BIT driver, API 1.5 (protocols/bit-driver.md §4, §6). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::bit {

inline constexpr ErrorKind kBadOrderId{"bit.order_id"};
inline constexpr ErrorKind kBadLine{"bit.line"};

// Names of the one command of a packet; the driver echoes them.
inline constexpr std::string_view kReceiptName = "receipt-";
inline constexpr std::string_view kShiftName = "shift-";

// An order id goes into a header: [A-Za-z0-9_-], at most 64 (§3).
[[nodiscard]] bool is_order_id(std::string_view key);

// `timezone_code`: [1011], left out when unknown.
[[nodiscard]] Result<std::string> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                         const std::string& key, std::optional<std::uint8_t> timezone_code);

[[nodiscard]] std::string render_shift(ShiftCommand command, const fiscal::Till& till, const std::string& key);

}  // namespace kassaflow::registers::bit
