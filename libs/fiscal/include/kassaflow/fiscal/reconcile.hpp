#pragma once
// From the portal's unrounded amounts to kopecks that agree with each other (protocols/bitrix24.md §5.7).

#include <cstddef>
#include <span>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/decimal.hpp"
#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/rules.hpp"

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
// Lines of one unit or less are never split, so a line with a marking code stays one line.
// Fails with a Russian text when the amounts contradict each other by more than rounding explains:
// "reconcile.lines" none or too many, "reconcile.amount" a negative or too large amount, "reconcile.quantity",
// "reconcile.line" price * quantity is not the sum, "reconcile.total" the sums do not make the total.
[[nodiscard]] Result<std::vector<ReconciledLine>> reconcile(std::span<const RawLine> lines, Kopecks total,
                                                            const Limits& limits = {});

// Amounts half up to kopecks, corrected to make `total`: for payments. Fails with "reconcile.amount",
// "reconcile.total".
[[nodiscard]] Result<std::vector<Kopecks>> round_to_total(std::span<const Decimal> amounts, Kopecks total);

// Roubles half up to kopecks. Fails with "reconcile.amount" when negative or above kMaxAmount.
[[nodiscard]] Result<Kopecks> to_kopecks(Decimal roubles);

}  // namespace kassaflow::fiscal
