#pragma once
// FFD codes into the domain's closed sets; std::nullopt for a code that the set does not have. Inverse: static_cast.

#include <cstdint>
#include <optional>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::fiscal {

[[nodiscard]] std::optional<SettlementType> settlement_type_from_code(std::int64_t code);  // [1054] 1..4
[[nodiscard]] std::optional<Taxation> taxation_from_code(std::int64_t code);  // [1055] one bit; 8 was abolished in 2021
[[nodiscard]] std::optional<Vat> vat_from_code(std::int64_t code);            // [1199] 1..12
[[nodiscard]] std::optional<PaymentMethod> payment_method_from_code(std::int64_t code);  // [1214] 1..7
[[nodiscard]] std::optional<PaymentSubject> subject_from_code(std::int64_t code);        // [1212] 1..27, 30..33
[[nodiscard]] std::optional<Ffd> ffd_from_code(std::int64_t code);                       // [1209] 2, 4

template <class Code>
[[nodiscard]] constexpr std::uint8_t code(Code value) {
  return static_cast<std::uint8_t>(value);
}

// Whether receipts of this format may name the subject (ffd.md §3.4, §5.2): 27 and 30..33 came with 1.2, where 12 is no
// longer "composite" but a payout, which no portal sends.
[[nodiscard]] bool allowed(PaymentSubject subject, Ffd ffd);
// Marked goods that must be printed with their code: 31, 33.
[[nodiscard]] bool is_coded(PaymentSubject subject);
// What a marked subject is called in a format that does not know it (bitrix24.md §5.6): 30, 31 -> 2, 32, 33 -> 1.
[[nodiscard]] PaymentSubject payment_subject_for(PaymentSubject subject, Ffd ffd);

}  // namespace kassaflow::fiscal
