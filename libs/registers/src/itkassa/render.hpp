#pragma once
// A receipt as an itkassa print document (protocols/itkassa.md §3-§5). Pure; fields in the order of the page's sample.

#include <string>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::itkassa {

inline constexpr ErrorKind kBadLine{"itkassa.line"};

// Totals are above 0 (§9 6), whatever the settlement type.
[[nodiscard]] Result<void> check_total(fiscal::Kopecks total);

[[nodiscard]] Result<std::string> render(const fiscal::Receipt& receipt, const fiscal::Till& till,
                                         const std::string& key, const std::string& cre_item_id);

[[nodiscard]] std::string render_shift(ShiftCommand command, const fiscal::Till& till, const std::string& key,
                                       const std::string& cre_item_id);

}  // namespace kassaflow::registers::itkassa
