#pragma once
// Which totals a protocol's registers take. Pure; thread-safe.

#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::registers {

// The rule that Driver::render keeps, to be asked before a receipt is accepted: itkassa's totals are above 0
// (itkassa.md §9), the others' registers decide for themselves. Fails with "receipt.total" and a Russian text. A
// protocol that is not known takes any.
[[nodiscard]] Result<void> check_total(std::string_view protocol, fiscal::Kopecks total);

}  // namespace kassaflow::registers
