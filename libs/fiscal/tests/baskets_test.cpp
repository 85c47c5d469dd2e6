// Random baskets. A failure prints its seed; KASSAFLOW_TEST_SEED repeats the run.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "kassaflow/fiscal/measure.hpp"
#include "kassaflow/fiscal/reconcile.hpp"
#include "test_seed.hpp"

namespace kassaflow::fiscal {
namespace {

class Baskets : public testing::Test {
 protected:
  Baskets() : seed_(test_seed()), random_(seed_) {}

  std::int64_t between(std::int64_t first, std::int64_t last) {
    return std::uniform_int_distribution(first, last)(random_);
  }

  // Prices with 0, 2 or 8 decimals, quantities whole, of thousandths or with 8 decimals; the sum as the portal makes
  // it.
  RawLine line() {
    const Decimal price = between(0, 9) == 0 ? Decimal{0, 0}
                          : between(0, 1)    ? Decimal{between(1, 9'999'999), 2}
                                             : Decimal{between(1, 999'999'999'999), 8};
    const Decimal quantity = between(0, 2)   ? Decimal{between(1, 30), 0}
                             : between(0, 1) ? Decimal{between(1, 9'999), 3}
                                             : Decimal{between(100'000, 999'999'999), 8};
    const __int128 product = round_half_up(price, 8) * round_half_up(quantity, 8);
    return {price, quantity, {static_cast<std::int64_t>((product + 50'000'000) / 100'000'000), 8}};
  }

  std::vector<RawLine> lines() {
    std::vector<RawLine> out(static_cast<std::size_t>(between(1, 40)));
    for (auto& raw_line : out) raw_line = line();
    return out;
  }

  // As a build that keeps 2 decimals makes them: a share of an order is paid, so sums are scaled and rounded, prices
  // follow from them, and the last line takes what is left.
  std::vector<RawLine> scaled_lines(std::int64_t paid) {
    std::vector<RawLine> out(static_cast<std::size_t>(between(1, 40)));
    const auto count = static_cast<std::int64_t>(out.size());
    std::int64_t left = paid;
    for (auto& raw_line : out) {
      const std::int64_t sum = &raw_line == &out.back() ? left : between(0, 2 * paid / count - 1) / 2;
      left -= sum;
      const std::int64_t thousandths = between(1, 3) == 1 ? between(100, 9'999) : 1000 * between(1, 30);
      raw_line = {{(2000 * sum + thousandths) / (2 * thousandths), 2}, {thousandths, 3}, {sum, 2}};
    }
    return out;
  }

  static Kopecks total_of(const std::vector<RawLine>& lines) {
    __int128 sum = 0;
    for (const auto& raw_line : lines) sum += raw_line.sum.mantissa;
    return Kopecks(static_cast<std::int64_t>((sum + 500'000) / 1'000'000));
  }

  static void expect_printable(const std::vector<RawLine>& lines, Kopecks total,
                               const std::vector<ReconciledLine>& result) {
    Receipt receipt;
    receipt.total = receipt.payments.cashless = total;
    std::vector<std::int64_t> thousandths(lines.size());
    std::vector<std::vector<ReconciledLine>> parts(lines.size());
    std::size_t last_source = 0;
    for (const auto& part : result) {
      ASSERT_LT(part.source, lines.size());
      EXPECT_GE(part.source, last_source);
      last_source = part.source;
      parts[part.source].push_back(part);
      thousandths[part.source] += part.quantity.thousandths();
      Line line;
      line.name = "Товар";
      line.price = part.price;
      line.quantity = part.quantity;
      line.sum = part.sum;
      line.measure = kMeasurePiece;
      receipt.lines.push_back(line);
    }
    EXPECT_THAT(validate(receipt, Ffd::v1_2), testing::IsEmpty());
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(thousandths[i], static_cast<std::int64_t>(round_half_up(lines[i].quantity, 3)));
      expect_near_the_posted_price(lines[i], parts[i]);
    }
  }

  // The sum was rounded and corrected by up to a kopeck: what a unit costs is one of the two prices around that share.
  static void expect_near_the_posted_price(const RawLine& posted, const std::vector<ReconciledLine>& parts) {
    EXPECT_LE(parts.size(), 2U);
    for (const auto& part : parts) {
      if (part.quantity.thousandths() < 2000 || round_half_up(posted.quantity, 8) % 100'000'000 != 0) return;
      const auto price = static_cast<std::int64_t>(round_half_up(posted.price, 8));
      EXPECT_LT(std::abs(part.price.value() * 1'000'000 - price), 1'750'001);
    }
    if (parts.size() == 2) EXPECT_EQ(parts[0].price + Kopecks(1), parts[1].price);
  }

  std::uint32_t seed_;
  std::mt19937 random_;
};

TEST_F(Baskets, OfThePortalAlwaysBecomeReceipts) {
  SCOPED_TRACE(seed_note(seed_));
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    const auto basket = lines();
    const Kopecks total = total_of(basket);
    const auto result = reconcile(basket, total);
    ASSERT_TRUE(result) << result.error().message;
    expect_printable(basket, total, *result);
    EXPECT_EQ(*result, *reconcile(basket, total));
  }
}

TEST_F(Baskets, OfOldPortalsBecomeReceiptsToo) {
  SCOPED_TRACE(seed_note(seed_));
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    const Kopecks total(between(100, 10'000'000));
    const auto basket = scaled_lines(total.value());
    const auto result = reconcile(basket, total);
    ASSERT_TRUE(result) << result.error().message;
    expect_printable(basket, total, *result);
  }
}

TEST_F(Baskets, OfWholeUnitsFitWithOneLineToSpare) {
  SCOPED_TRACE(seed_note(seed_));
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    auto basket = lines();
    for (auto& raw_line : basket) {
      raw_line.quantity = {between(1, 30), 0};
      const __int128 sum = round_half_up(raw_line.price, 8) * raw_line.quantity.mantissa;
      raw_line.sum = {static_cast<std::int64_t>(sum), 8};
    }
    const Kopecks total = total_of(basket);
    const std::size_t limit = basket.size() + static_cast<std::size_t>(between(1, 3));
    const auto result = reconcile(basket, total, {.lines = limit});
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_LE(result->size(), limit);
    expect_printable(basket, total, *result);
  }
}

TEST_F(Baskets, MakeNoOtherTotal) {
  SCOPED_TRACE(seed_note(seed_));
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    const auto basket = lines();
    __int128 sum = 0;
    for (const auto& raw_line : basket) sum += raw_line.sum.mantissa;
    const Kopecks total = total_of(basket) + Kopecks(between(-2, 2));
    const __int128 away = sum - static_cast<__int128>(total.value()) * 1'000'000;
    const __int128 allowed = 500'000 + 1'000 * static_cast<__int128>(basket.size());
    EXPECT_EQ(reconcile(basket, total).has_value(), total >= Kopecks(0) && away <= allowed && -away <= allowed);
  }
}

TEST_F(Baskets, DamagedOnesBecomeReceiptsOrErrors) {
  SCOPED_TRACE(seed_note(seed_));
  int refused = 0;
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    auto basket = lines();
    auto& victim = basket[static_cast<std::size_t>(between(0, static_cast<std::int64_t>(basket.size()) - 1))];
    victim.sum.mantissa += between(-3'000'000, 3'000'000);
    const Kopecks total = total_of(basket) + Kopecks(between(-5, 5));
    const auto result = reconcile(basket, total);
    if (result) {
      expect_printable(basket, total, *result);
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace kassaflow::fiscal
