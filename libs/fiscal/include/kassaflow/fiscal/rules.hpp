#pragma once
// What a receipt must satisfy before a register sees it (protocols/ffd.md §2-§5, §10).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/fiscal/violation.hpp"

namespace kassaflow::fiscal {

inline constexpr Kopecks kMaxAmount{4'294'967'295};    // 42 949 672.95 per price, sum and total (ffd.md §4.5)
inline constexpr Quantity kMaxQuantity{99'999'999};    // 99 999.999
inline constexpr std::size_t kMaxName = 128;           // [1030] characters
inline constexpr std::size_t kMaxSupplierName = 256;   // [1225] characters
inline constexpr std::size_t kMaxSupplierPhones = 10;  // of one supplier, each kMaxPhone; no figure in the law
inline constexpr std::size_t kMaxProductCode = 32;     // [1162] bytes
inline constexpr std::size_t kMaxMarkingCode = 200;    // [2000] bytes, as the portal stores it (bitrix24.md §5.2)
inline constexpr std::size_t kMaxMarkingCodes = 128;   // per receipt (ffd.md §3.7)

struct Limits {
  std::size_t lines = 100;     // no figure in the law; a register may take fewer (ffd.md §4.9)
  std::size_t payments = 100;  // entries the portal sends; a receipt has a sum for each of five kinds
};

// Every broken rule; empty when the receipt may be printed in this format. A receipt tells more than an old format can
// say (subjects of marked goods, measures): that is left out by whoever renders it and breaks no rule. Any values of
// the receipt are safe to ask about.
[[nodiscard]] std::vector<Violation> validate(const Receipt& receipt, Ffd ffd, const Limits& limits = {});

}  // namespace kassaflow::fiscal
