#pragma once
// Kinds of Warning (receipt.hpp): words that are stored with receipts and label a metric, so they do not change.

#include <array>
#include <string_view>

namespace kassaflow::fiscal {

inline constexpr std::string_view kContactUnusable = "contact_unusable";  // printed without a contact [1008]
inline constexpr std::string_view kVatSumMismatch = "vat_sum_mismatch";   // the portal's sum is that of another rate
inline constexpr std::string_view kSupplierNoPhone = "supplier_without_phone";  // [1171] is empty (ffd.md §3.6)
inline constexpr std::string_view kSupplierInn = "supplier_inn_wrong";          // [1226] has no valid control digits

inline constexpr std::array kWarningKinds{kContactUnusable, kVatSumMismatch, kSupplierNoPhone, kSupplierInn};

}  // namespace kassaflow::fiscal
