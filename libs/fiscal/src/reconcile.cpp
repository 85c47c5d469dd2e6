#include "kassaflow/fiscal/reconcile.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

namespace kassaflow::fiscal {
namespace {

using Exact = __int128;

// An amount at kPortalScale.
constexpr Exact kUnitsPerKopeck = 1'000'000;
constexpr Exact kHalfKopeck = kUnitsPerKopeck / 2;
constexpr Exact kNoise = 1'000;  // 0.00001 roubles: what the portal itself takes for equal (bitrix24.md §2)
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

// Whether the exact amounts make a total that was rounded to whole kopecks.
bool rounds_to(const std::vector<Amount>& amounts, Kopecks total) {
  Exact difference = -total.value() * kUnitsPerKopeck;
  for (const auto& amount : amounts) difference += amount.exact;
  const Exact allowed = kHalfKopeck + static_cast<Exact>(amounts.size()) * kNoise;
  return difference <= allowed && -difference <= allowed;
}

// Corrects each amount by at most one kopeck so that they make `total`; false when that is not enough, which amounts
// that rounds_to() the total never need. Those with the largest rounding error in the right direction go first; a free
// line stays free.
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

// |price * quantity - sum| within what a portal that rounds both to kopecks may lose.
bool line_agrees(Exact price, Exact quantity, Exact sum) {
  const Exact kUnit = 100'000'000;
  const Exact difference = price * quantity - sum * kUnit;
  const Exact allowed = (quantity + kUnit) * kHalfKopeck + kNoise * kUnit;
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

// "99.99", and "99.994" when whole kopecks do not say it all.
std::string roubles(Exact amount) {
  if (amount % kUnitsPerKopeck != 0) return canonical(amount);
  return to_rubles(Kopecks(static_cast<std::int64_t>(amount / kUnitsPerKopeck)));
}

std::string roubles_of(const std::vector<Amount>& amounts) {
  Exact sum = 0;
  for (const auto& amount : amounts) sum += amount.exact;
  return roubles(sum);
}

// "Позиция 2, поле items[1].sum: "
std::string place(std::size_t index, std::string_view field) {
  return "Позиция " + std::to_string(index + 1) + ", поле items[" + std::to_string(index) + "]." + std::string(field) +
         ": ";
}

std::string out_of_range(Decimal amount) {
  return canonical(amount) + " вне пределов 0.." + to_rubles(kMaxAmount) + ".";
}

tl::unexpected<Error> not_the_total(const std::string& what, const std::vector<Amount>& amounts, Kopecks total) {
  return fail("reconcile.total",
              what + " " + roubles_of(amounts) + " не равна итогу чека " + to_rubles(total) + " (поле total_sum).");
}

struct Product {
  Kopecks price;
  Quantity quantity;
};

Result<Product> read_product(const RawLine& line, const Amount& sum, std::size_t index) {
  const auto price = read_amount(line.price);
  if (!price) return fail("reconcile.amount", place(index, "price") + "цена " + out_of_range(line.price));
  const Exact thousandths = round_half_up(line.quantity, kThousandthScale);
  if (thousandths <= 0 || thousandths > kMaxQuantity.thousandths()) {
    return fail("reconcile.quantity", place(index, "quantity") + "количество " + canonical(line.quantity) +
                                          " вне пределов 0.001.." + to_decimal(kMaxQuantity) + ".");
  }
  const Exact quantity = round_half_up(line.quantity, kPortalScale);
  if (!line_agrees(price->exact, quantity, sum.exact)) {
    return fail("reconcile.line", place(index, "sum") + "сумма " + roubles(sum.exact) + " не равна цене " +
                                      roubles(price->exact) + " × количество " + canonical(quantity) + " = " +
                                      roubles(price->exact * quantity / 100'000'000) + ".");
  }
  return Product{price->rounded, Quantity(static_cast<std::int64_t>(thousandths))};
}

}  // namespace

Result<std::vector<ReconciledLine>> reconcile(std::span<const RawLine> lines, Kopecks total, const Limits& limits) {
  if (lines.empty()) return fail("reconcile.lines", "В чеке нет ни одной позиции (поле items).");
  const auto too_many = [&limits] {
    return fail("reconcile.lines", "В чеке больше " + std::to_string(limits.lines) +
                                       " позиций (поле items, с учётом разделённых из-за округления).");
  };
  if (lines.size() > limits.lines) return too_many();
  if (total < Kopecks(0) || total > kMaxAmount) {
    return fail("reconcile.amount",
                "Итог чека " + to_rubles(total) + " (поле total_sum) вне пределов 0.." + to_rubles(kMaxAmount) + ".");
  }

  std::vector<Amount> sums;
  std::vector<Product> products;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto sum = read_amount(lines[i].sum);
    if (!sum) return fail("reconcile.amount", place(i, "sum") + "сумма " + out_of_range(lines[i].sum));
    const auto product = read_product(lines[i], *sum, i);
    if (!product) return tl::unexpected(product.error());
    sum->cheap = product->quantity == kOne;
    sums.push_back(*sum);
    products.push_back(*product);
  }
  if (!rounds_to(sums, total) || !correct(sums, total)) {
    return not_the_total("Сумма позиций (поля items[n].sum)", sums, total);
  }

  std::vector<ReconciledLine> out;
  for (std::size_t i = 0; i < lines.size(); ++i) fit(i, products[i].price, products[i].quantity, sums[i].rounded, out);
  if (out.size() > limits.lines) return too_many();
  const auto dear = std::ranges::find_if(out, [](const auto& line) { return line.price > kMaxAmount; });
  if (dear != out.end()) {
    return fail("reconcile.amount", place(dear->source, "price") + "цена " + to_rubles(dear->price) +
                                        " вне пределов 0.." + to_rubles(kMaxAmount) + ".");
  }
  return out;
}

Result<std::vector<Kopecks>> reconcile_payments(std::span<const Decimal> sums, Kopecks total, const Limits& limits) {
  if (sums.empty()) return fail("reconcile.payments", "В чеке нет оплат (поле payments).");
  if (sums.size() > limits.payments) {
    return fail("reconcile.payments", "В чеке больше " + std::to_string(limits.payments) + " оплат (поле payments).");
  }
  std::vector<Amount> amounts;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto amount = read_amount(sums[i]);
    if (!amount) {
      return fail("reconcile.amount", "Оплата " + std::to_string(i + 1) + ", поле payments[" + std::to_string(i) +
                                          "].sum: сумма " + out_of_range(sums[i]));
    }
    amounts.push_back(*amount);
  }
  if (!rounds_to(amounts, total) || !correct(amounts, total)) {
    return not_the_total("Сумма оплат (поля payments[n].sum)", amounts, total);
  }
  std::vector<Kopecks> out;
  out.reserve(amounts.size());
  for (const auto& amount : amounts) out.push_back(amount.rounded);
  return out;
}

Result<Kopecks> to_kopecks(Decimal roubles) {
  const auto amount = read_amount(roubles);
  if (!amount) return fail("reconcile.amount", "сумма " + out_of_range(roubles));
  return amount->rounded;
}

}  // namespace kassaflow::fiscal
