#pragma once
// The portal's words and the law's codes (protocols/bitrix24.md §5.3, §5.6; protocols/ffd.md §10).

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::bitrix24 {

struct CheckType {
  std::string_view name;
  fiscal::SettlementType settlement_type;
  fiscal::PaymentMethod method;  // of its lines, when the portal leaves `payment_method` out
};

[[nodiscard]] std::span<const CheckType> check_types();
[[nodiscard]] const CheckType* find_check_type(std::string_view name);  // nullptr: unknown
[[nodiscard]] std::optional<fiscal::SettlementType> find_settlement_type(std::string_view name);
[[nodiscard]] std::optional<fiscal::PaymentMethod> find_payment_method(std::string_view name);
[[nodiscard]] std::optional<std::uint8_t> find_payment_subject(std::string_view name);  // [1212] code of FFD 1.2

// True for roubles and for a currency that was not told (§5.1: absent before 2026-05).
[[nodiscard]] bool is_rouble(std::string_view currency);

}  // namespace kassaflow::bitrix24
