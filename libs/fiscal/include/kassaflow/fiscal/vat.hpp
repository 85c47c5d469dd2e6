#pragma once
// VAT rates (protocols/ffd.md §3.3, §4.7). Codes: codes.hpp.

#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::fiscal {

inline constexpr ErrorKind kVatUnknown{"vat.unknown"};

// Words of the configuration: none, 0, 5, 7, 10, 20, 22. Fails with kVatUnknown.
[[nodiscard]] Result<Vat> parse_vat(std::string_view word);

// The rate of a prepayment: 22 % -> 22/122 and so on; 0 %, none and calculated rates stay.
[[nodiscard]] Vat calculated(Vat plain);
[[nodiscard]] bool is_calculated(Vat vat);

// The tax inside `sum`, half up to kopecks: sum * r / (100 + r). For control; the register computes its own.
[[nodiscard]] Kopecks vat_amount(Kopecks sum, Vat vat);

// "НДС 22%", "НДС 22/122", "без НДС".
[[nodiscard]] std::string_view russian_name(Vat vat);

}  // namespace kassaflow::fiscal
