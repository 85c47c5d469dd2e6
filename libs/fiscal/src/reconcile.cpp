#include "kassaflow/fiscal/reconcile.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>

namespace kassaflow::fiscal {
namespace {

using Exact = __int128;

constexpr Exact kUnitsPerKopeck = 1'000'000;  // an amount at kPortalScale
constexpr Quantity kOne{1000};

// One amount on its way from 8 decimals to kopecks.
struct Amount {
  Exact exact = 0;  // roubles at kPortalScale
  Kopecks rounded;
  bool cheap = true;  // a changed kopeck changes the price by one kopeck and splits nothing
};

// What an amount may hold is checked before anything is multiplied.
std::optional<Amount> read_amount(Decimal roubles) {
  const Exact kopecks = round_half_up(roubles, kKopeckScale);
  if (kopecks < 0 || kopecks > kMaxAmount.value()) return std::nullopt;
  return Amount{round_half_up(roubles, kPortalScale), Kopecks(static_cast<std::int64_t>(kopecks)), true};
}

// Corrects each amount by at most one kopeck so that they make `total`; false when that is not enough.
// One is what rounding explains: half by ours, and half by portals that rounded before us (builds before 8 decimals).
// The amounts with the largest rounding error in the right direction go first; a free line stays free.
bool correct(std::vector<Amount>& amounts, Kopecks total) {
  std::int64_t missing = total.value();
  for (const auto& amount : amounts) missing -= amount.rounded.value();
  const std::int64_t step = missing < 0 ? -1 : 1;
  const auto error = [step](const Amount& amount) {
    return step * (amount.exact - amount.rounded.value() * kUnitsPerKopeck);
  };
  std::vector<std::size_t> order(amounts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    if (error(amounts[a]) != error(amounts[b])) return error(amounts[a]) > error(amounts[b]);
    if (amounts[a].cheap != amounts[b].cheap) return amounts[a].cheap;
    return a > b;
  });
  for (const std::size_t index : order) {
    if (missing == 0) break;
    auto& amount = amounts[index];
    if (step > 0 ? amount.exact <= 0 : amount.rounded.value() == 0) continue;
    amount.rounded += Kopecks(step);
    missing -= step;
  }
  return missing == 0;
}

// |price * quantity - sum| within half a kopeck per unit (a portal that rounded the price) and a kopeck per line of the
// receipt (one that moved the remainder of a scaled receipt into this line).
bool line_agrees(Exact price, Exact quantity, Exact sum, std::size_t lines) {
  const Exact kUnit = 100'000'000;
  const Exact difference = price * quantity - sum * kUnit;
  const Exact allowed = quantity * kUnitsPerKopeck / 2 + static_cast<Exact>(lines) * kUnitsPerKopeck * kUnit;
  return difference <= allowed && -difference <= allowed;
}

// round_half_up(sum / quantity), rounded down when `down`.
Kopecks unit_price(Kopecks sum, Quantity quantity, bool down = false) {
  const Exact divisor = quantity.thousandths();
  const Exact dividend = static_cast<Exact>(sum.value()) * kOne.thousandths();
  return Kopecks(static_cast<std::int64_t>(down ? dividend / divisor : (2 * dividend + divisor) / (2 * divisor)));
}

// Appends one line, or two when no unit price makes the sum: all but one unit at the price, one at the remainder.
void fit(std::size_t source, Kopecks price, Quantity quantity, Kopecks sum, std::vector<ReconciledLine>& out) {
  for (const Kopecks candidate : {price, unit_price(sum, quantity)}) {
    if (cost(candidate, quantity) == sum) return out.push_back({source, candidate, quantity, sum});
  }
  // Up to one unit the second candidate always fits, so there is more than one here.
  const Quantity most(quantity.thousandths() - kOne.thousandths());
  if (cost(price, most) > sum) price = unit_price(sum, quantity, /*down=*/true);
  const Kopecks most_sum = cost(price, most);
  out.push_back({source, price, most, most_sum});
  out.push_back({source, sum - most_sum, kOne, sum - most_sum});
}

std::string position(std::size_t index) { return "Позиция " + std::to_string(index + 1) + ": "; }

tl::unexpected<Error> sums_differ(Kopecks sum, Kopecks total) {
  return fail("reconcile.total", "Сумма позиций " + to_rubles(sum) + " не равна итогу чека " + to_rubles(total) + ".");
}

Kopecks sum_of(const std::vector<Amount>& amounts) {
  Kopecks sum;
  for (const auto& amount : amounts) sum += amount.rounded;
  return sum;
}

struct Product {
  Kopecks price;
  Quantity quantity;
};

Result<Product> read_product(const RawLine& line, const Amount& sum, std::size_t index, std::size_t lines) {
  const auto price = read_amount(line.price);
  if (!price) return fail("reconcile.amount", position(index) + "недопустимая цена.");
  const Exact thousandths = round_half_up(line.quantity, kThousandthScale);
  if (thousandths <= 0 || thousandths > kMaxQuantity.thousandths()) {
    return fail("reconcile.quantity", position(index) + "недопустимое количество.");
  }
  const Quantity quantity(static_cast<std::int64_t>(thousandths));
  if (!line_agrees(price->exact, round_half_up(line.quantity, kPortalScale), sum.exact, lines)) {
    return fail("reconcile.line", position(index) + "цена " + to_rubles(price->rounded) + " × количество " +
                                      to_decimal(quantity) + " не равно сумме " + to_rubles(sum.rounded) + ".");
  }
  return Product{price->rounded, quantity};
}

}  // namespace

Result<std::vector<ReconciledLine>> reconcile(std::span<const RawLine> lines, Kopecks total, const Limits& limits) {
  if (lines.empty()) return fail("reconcile.lines", "В чеке нет ни одной позиции.");
  const auto too_many = [&limits] {
    return fail("reconcile.lines",
                "В чеке больше " + std::to_string(limits.lines) + " позиций (с учётом разделённых из-за округления).");
  };
  if (lines.size() > limits.lines) return too_many();
  if (total < Kopecks(0) || total > kMaxAmount) return fail("reconcile.amount", "Недопустимый итог чека.");

  std::vector<Amount> sums;
  std::vector<Product> products;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto sum = read_amount(lines[i].sum);
    if (!sum) return fail("reconcile.amount", position(i) + "недопустимая сумма.");
    const auto product = read_product(lines[i], *sum, i, lines.size());
    if (!product) return tl::unexpected(product.error());
    sum->cheap = product->quantity == kOne;
    sums.push_back(*sum);
    products.push_back(*product);
  }
  const Kopecks before = sum_of(sums);
  if (!correct(sums, total)) return sums_differ(before, total);

  std::vector<ReconciledLine> out;
  for (std::size_t i = 0; i < lines.size(); ++i) fit(i, products[i].price, products[i].quantity, sums[i].rounded, out);
  if (out.size() > limits.lines) return too_many();
  const auto dear = std::ranges::find_if(out, [](const auto& line) { return line.price > kMaxAmount; });
  if (dear != out.end()) return fail("reconcile.amount", position(dear->source) + "недопустимая цена.");
  return out;
}

Result<std::vector<Kopecks>> round_to_total(std::span<const Decimal> amounts, Kopecks total) {
  std::vector<Amount> read;
  for (const Decimal& decimal : amounts) {
    const auto amount = read_amount(decimal);
    if (!amount) return fail("reconcile.amount", "Недопустимая сумма оплаты.");
    read.push_back(*amount);
  }
  const Kopecks before = sum_of(read);
  if (!correct(read, total)) {
    return fail("reconcile.total",
                "Сумма оплат " + to_rubles(before) + " не равна итогу чека " + to_rubles(total) + ".");
  }
  std::vector<Kopecks> out;
  for (const auto& amount : read) out.push_back(amount.rounded);
  return out;
}

Result<Kopecks> to_kopecks(Decimal roubles) {
  const auto amount = read_amount(roubles);
  if (!amount) return fail("reconcile.amount", "Недопустимая сумма.");
  return amount->rounded;
}

}  // namespace kassaflow::fiscal
