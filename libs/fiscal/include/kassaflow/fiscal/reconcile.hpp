#pragma once
// From the portal's unrounded amounts to kopecks that agree with each other (protocols/bitrix24.md §5.7).

#include <cstddef>
#include <span>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/decimal.hpp"
#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/violation.hpp"

namespace kassaflow::fiscal {

struct RawLine {
  Decimal price;     // roubles per unit
  Decimal quantity;  // units
  Decimal sum;       // roubles
};

// A line of the receipt. Lines keep the portal's order; a split one gives two neighbours with the same `source`.
struct ReconciledLine {
  std::size_t source = 0;  // index of the raw line
  Kopecks price;
  Quantity quantity;
  Kopecks sum;
  bool operator==(const ReconciledLine&) const = default;
};

// Lines with cost(price, quantity) == sum whose sums make `total`; all within the limits of rules.hpp, none negative.
// A line is split in two when no unit price makes its sum: whole units at two neighbouring prices, of another quantity
// all but one unit and the one that takes the remainder. When that makes more lines than a receipt may have, whole
// lines take the dearer price instead and at most one is split; the total stays, and no unit moves by more than a
// kopeck. Lines of one unit or less are never split, so a line with a marking code stays one line.
//
// Only rounding is evened out. The portal sends nothing whose lines and payments differ by 0.00001 or more (§2), so the
// exact sums must make `total` within the half kopeck that rounding it takes, and 0.00001 a line for what its doubles
// lose. Of one line, price * quantity may miss the sum by half a kopeck a unit and half a kopeck: builds before 8
// decimals rounded the price, and the sum.
//
// Anything beyond is the first violation met; its text gives both figures. Attribute::lines none or too many; price,
// quantity, sum or total out of range; sum: price * quantity is not the sum; total: the sums do not make the total.
[[nodiscard]] Result<std::vector<ReconciledLine>, Violation> reconcile(std::span<const RawLine> lines, Kopecks total,
                                                                       const Limits& limits = {});

// The sums of payments half up to kopecks, corrected to make `total` under the same tolerance. Fails with
// Attribute::payments: none or too many, one out of range, or they do not make the total.
[[nodiscard]] Result<std::vector<Kopecks>, Violation> reconcile_payments(std::span<const Decimal> sums, Kopecks total,
                                                                         const Limits& limits = {});

// Roubles half up to kopecks. Fails with Attribute::sum when negative or above kMaxAmount; the text shows the value.
[[nodiscard]] Result<Kopecks, Violation> to_kopecks(Decimal roubles);

}  // namespace kassaflow::fiscal
