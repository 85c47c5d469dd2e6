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
  bool cheap = true;  // of one unit: another kopeck changes only its price, and no line must be split for it
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

// Corrects each amount by at most one kopeck, so that together they make `total`. The amounts with the largest rounding
// error in the right direction are corrected first; a free line stays free. Returns false when one kopeck each is not
// enough, which never happens to amounts that passed rounds_to().
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

bool is_whole(Quantity quantity) { return quantity.thousandths() % kOne.thousandths() == 0; }

// One line that is to become lines of the receipt: `sum` in kopecks is settled, `price` is the posted one, rounded.
struct Part {
  Kopecks price;
  Quantity quantity;
  Kopecks sum;
  std::size_t source;
  [[nodiscard]] std::int64_t units() const { return quantity.thousandths() / kOne.thousandths(); }
};

// The one price that makes the sum, if any.
std::optional<Kopecks> single_price(const Part& part) {
  for (const Kopecks candidate : {part.price, unit_price(part.sum, part.quantity)}) {
    if (cost(candidate, part.quantity) == part.sum) return candidate;
  }
  return std::nullopt;
}

using Lines = std::vector<ReconciledLine>;

void add(Lines& out, const Part& part, Kopecks price, Quantity quantity) {
  out.push_back({part.source, price, quantity, cost(price, quantity)});
}

// Whole units: `dear` of them a kopeck dearer than the others.
void add_units(Lines& out, const Part& part, Kopecks low, std::int64_t dear) {
  const std::int64_t cheap = part.units() - dear;
  if (cheap > 0) add(out, part, low, Quantity(cheap * kOne.thousandths()));
  if (dear > 0) add(out, part, low + Kopecks(1), Quantity(dear * kOne.thousandths()));
}

// No unit price makes the sum. Whole units have two neighbouring prices; of another quantity one unit stands apart with
// the remainder (up to one unit some price always makes the sum, so there is more than one here).
void add_split(Lines& out, const Part& part) {
  const Kopecks low = unit_price(part.sum, part.quantity, /*down=*/true);
  if (is_whole(part.quantity)) return add_units(out, part, low, part.sum.value() - low.value() * part.units());
  const Quantity most(part.quantity.thousandths() - kOne.thousandths());
  const Kopecks price = cost(part.price, most) > part.sum ? low : part.price;
  add(out, part, price, most);
  add(out, part, part.sum - cost(price, most), kOne);
}

// What parts of whole units are short of, when each has its lower price throughout.
struct Shortfall {
  std::size_t part;
  Kopecks low;
  std::int64_t units;
  std::int64_t missing;  // kopecks, less than `units`
};

// Numbers whose units make exactly `kopecks`; nothing when none do. Of large sums it does not try.
std::optional<std::vector<std::size_t>> make_exactly(std::int64_t kopecks, const std::vector<Shortfall>& from) {
  constexpr std::int64_t kTried = 10'000;
  if (kopecks > kTried) return std::nullopt;
  constexpr std::size_t kNone = SIZE_MAX;
  std::vector<std::size_t> last(static_cast<std::size_t>(kopecks) + 1, kNone);  // the one that first made this sum
  const auto made = [&last](std::int64_t sum) { return sum == 0 || last[static_cast<std::size_t>(sum)] != kNone; };
  for (std::size_t i = 0; i < from.size(); ++i) {
    for (std::int64_t sum = kopecks; sum >= from[i].units; --sum) {
      if (!made(sum) && made(sum - from[i].units)) last[static_cast<std::size_t>(sum)] = i;
    }
  }
  if (!made(kopecks)) return std::nullopt;
  std::vector<std::size_t> out;
  for (std::int64_t sum = kopecks; sum > 0; sum -= from[out.back()].units) {
    out.push_back(last[static_cast<std::size_t>(sum)]);
  }
  return out;
}

// How many units of each part are a kopeck dearer, so that all together miss nothing: all or none of them, but for one
// part when there is `room` for another line.
std::optional<std::vector<std::int64_t>> spread(const std::vector<Shortfall>& parts, bool room) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {  // those that are short of the larger share of a kopeck
    const Exact share_a = static_cast<Exact>(parts[a].missing) * parts[b].units;
    const Exact share_b = static_cast<Exact>(parts[b].missing) * parts[a].units;
    return share_a != share_b ? share_a > share_b : a > b;
  });
  std::int64_t left = 0;
  for (const Shortfall& part : parts) left += part.missing;
  const std::int64_t all = left;
  std::vector<std::int64_t> dear(parts.size());
  for (const std::size_t i : order) {
    if (parts[i].units > left) continue;
    dear[i] = parts[i].units;
    left -= parts[i].units;
  }
  if (left == 0) return dear;
  if (room) {  // they miss less than they have units, so some part is without, and it has more units than are left
    *std::ranges::find(dear, 0) = left;
    return dear;
  }
  const auto chosen = make_exactly(all, parts);
  if (!chosen) return std::nullopt;
  std::ranges::fill(dear, 0);
  for (const std::size_t i : *chosen) dear[i] = parts[i].units;
  return dear;
}

// Lines of the receipt; more than the limit only when there is no way.
Lines fit(const std::vector<Part>& parts, std::size_t limit) {
  std::vector<std::optional<Kopecks>> prices;
  std::vector<Shortfall> short_of;
  std::size_t split = parts.size();  // lines when each that needs it is split
  for (std::size_t i = 0; i < parts.size(); ++i) {
    prices.push_back(single_price(parts[i]));
    if (prices[i]) continue;
    ++split;
    if (!is_whole(parts[i].quantity)) continue;
    const Kopecks low = unit_price(parts[i].sum, parts[i].quantity, /*down=*/true);
    short_of.push_back({i, low, parts[i].units(), parts[i].sum.value() - low.value() * parts[i].units()});
  }
  std::optional<std::vector<std::int64_t>> dear;
  if (split > limit && split - short_of.size() <= limit) dear = spread(short_of, split - short_of.size() < limit);

  Lines out;
  std::size_t next = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (prices[i]) {
      add(out, parts[i], *prices[i], parts[i].quantity);
    } else if (dear && is_whole(parts[i].quantity)) {
      add_units(out, parts[i], short_of[next].low, (*dear)[next]);
      ++next;
    } else {
      add_split(out, parts[i]);
    }
  }
  return out;
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

std::string out_of_range(Decimal amount) {
  return canonical(amount) + " вне пределов 0.." + to_rubles(kMaxAmount) + ".";
}

tl::unexpected<Violation> violation(Attribute attribute, std::optional<std::size_t> index, std::string message) {
  return tl::unexpected<Violation>(Violation{attribute, index, std::move(message)});
}

tl::unexpected<Violation> not_the_total(Attribute attribute, const std::string& what,
                                        const std::vector<Amount>& amounts, Kopecks total) {
  return violation(attribute, std::nullopt,
                   what + " " + roubles_of(amounts) + " не равна итогу чека " + to_rubles(total) + ".");
}

struct Product {
  Kopecks price;
  Quantity quantity;
};

Result<Product, Violation> read_product(const RawLine& line, const Amount& sum, std::size_t index) {
  const auto price = read_amount(line.price);
  if (!price) return violation(Attribute::price, index, "цена " + out_of_range(line.price));
  const Exact thousandths = round_half_up(line.quantity, kThousandthScale);
  if (thousandths <= 0 || thousandths > kMaxQuantity.thousandths()) {
    return violation(
        Attribute::quantity, index,
        "количество " + canonical(line.quantity) + " вне пределов 0.001.." + to_decimal(kMaxQuantity) + ".");
  }
  const Exact quantity = round_half_up(line.quantity, kPortalScale);
  if (!line_agrees(price->exact, quantity, sum.exact)) {
    return violation(Attribute::sum, index,
                     "сумма " + roubles(sum.exact) + " не равна цене " + roubles(price->exact) + " × количество " +
                         canonical(quantity) + " = " + roubles(price->exact * quantity / 100'000'000) + ".");
  }
  return Product{price->rounded, Quantity(static_cast<std::int64_t>(thousandths))};
}

}  // namespace

Result<std::vector<ReconciledLine>, Violation> reconcile(std::span<const RawLine> lines, Kopecks total,
                                                         const Limits& limits) {
  if (lines.empty()) return violation(Attribute::lines, std::nullopt, "в чеке нет ни одной позиции.");
  const auto too_many = [&limits] {
    return violation(
        Attribute::lines, std::nullopt,
        "в чеке больше " + std::to_string(limits.lines) + " позиций (с учётом разделённых из-за округления).");
  };
  if (lines.size() > limits.lines) return too_many();
  if (total < Kopecks(0) || total > kMaxAmount) {
    return violation(Attribute::total, std::nullopt,
                     "итог чека " + to_rubles(total) + " вне пределов 0.." + to_rubles(kMaxAmount) + ".");
  }

  std::vector<Amount> sums;
  std::vector<Product> products;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    auto sum = read_amount(lines[i].sum);
    if (!sum) return violation(Attribute::sum, i, "сумма " + out_of_range(lines[i].sum));
    const auto product = read_product(lines[i], *sum, i);
    if (!product) return tl::unexpected(product.error());
    sum->cheap = product->quantity == kOne;
    sums.push_back(*sum);
    products.push_back(*product);
  }
  if (!rounds_to(sums, total) || !correct(sums, total)) {
    return not_the_total(Attribute::total, "сумма позиций", sums, total);
  }

  std::vector<Part> parts;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    parts.push_back({products[i].price, products[i].quantity, sums[i].rounded, i});
  }
  Lines out = fit(parts, limits.lines);
  if (out.size() > limits.lines) return too_many();
  const auto dear = std::ranges::find_if(out, [](const auto& line) { return line.price > kMaxAmount; });
  if (dear != out.end()) {
    return violation(Attribute::price, dear->source,
                     "цена " + to_rubles(dear->price) + " вне пределов 0.." + to_rubles(kMaxAmount) + ".");
  }
  return out;
}

Result<std::vector<Kopecks>, Violation> reconcile_payments(std::span<const Decimal> sums, Kopecks total,
                                                           const Limits& limits) {
  if (sums.empty()) return violation(Attribute::payments, std::nullopt, "в чеке нет оплат.");
  if (sums.size() > limits.payments) {
    return violation(Attribute::payments, std::nullopt, "в чеке больше " + std::to_string(limits.payments) + " оплат.");
  }
  std::vector<Amount> amounts;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto amount = read_amount(sums[i]);
    if (!amount) {
      return violation(Attribute::payments, i, "сумма " + out_of_range(sums[i]));
    }
    amounts.push_back(*amount);
  }
  if (!rounds_to(amounts, total) || !correct(amounts, total)) {
    return not_the_total(Attribute::payments, "сумма оплат", amounts, total);
  }
  std::vector<Kopecks> out;
  out.reserve(amounts.size());
  for (const auto& amount : amounts) out.push_back(amount.rounded);
  return out;
}

Result<Kopecks, Violation> to_kopecks(Decimal roubles) {
  const auto amount = read_amount(roubles);
  if (!amount) return violation(Attribute::sum, std::nullopt, "сумма " + out_of_range(roubles));
  return amount->rounded;
}

}  // namespace kassaflow::fiscal
