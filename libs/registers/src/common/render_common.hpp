#pragma once
// What both protocols check and say alike when they render a receipt. Pure.

#include <cstddef>
#include <string>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::registers {

inline constexpr ErrorKind kReceiptLines{"receipt.lines"};
inline constexpr ErrorKind kReceiptSums{"receipt.sums"};

inline constexpr std::size_t kTitleCharacters = 128;  // [1030]
inline constexpr int kOtherAgent = 64;                // [1222] of a line with a supplier (ffd.md §3.6)

// "Строка 2 «Кружка»: " before what is wrong with it.
[[nodiscard]] std::string line_name(const fiscal::Receipt& receipt, std::size_t index);

// Lines, payments and total must agree to the kopeck (invariant I4): rules have seen to it, a driver never prints
// otherwise.
[[nodiscard]] Result<void> check_sums(const fiscal::Receipt& receipt);

}  // namespace kassaflow::registers
