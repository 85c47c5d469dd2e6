#include "kassaflow/fiscal/reconcile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <random>
#include <string>

#include "kassaflow/fiscal/measure.hpp"

namespace kassaflow::fiscal {
namespace {

using testing::ElementsAre;

// "333.33666667" as the portal writes it.
Decimal decimal(std::string text) {
  const auto dot = text.find('.');
  const int scale = dot == std::string::npos ? 0 : static_cast<int>(text.size() - dot - 1);
  if (dot != std::string::npos) text.erase(dot, 1);
  return {std::stoll(text), scale};
}

RawLine raw(const char* price, const char* quantity, const char* sum) {
  return {decimal(price), decimal(quantity), decimal(sum)};
}

ReconciledLine line(std::size_t source, std::int64_t price, std::int64_t thousandths, std::int64_t sum) {
  return {source, Kopecks(price), Quantity(thousandths), Kopecks(sum)};
}

struct Case {
  const char* what;
  std::vector<RawLine> lines;
  std::int64_t total;
  std::vector<ReconciledLine> expected;
};

TEST(Reconcile, MakesLinesThatAgree) {
  for (const auto& row : std::vector<Case>{
           {"nothing to do",
            {raw("225", "2", "450"), raw("890.5", "0.4", "356.2"), raw("300", "1", "300")},
            110620,
            {line(0, 22500, 2000, 45000), line(1, 89050, 400, 35620), line(2, 30000, 1000, 30000)}},
           {"thirds are split",
            {raw("33.33333333", "3", "99.99999999"), raw("100", "0.003", "0.3"), raw("1500", "1", "1500")},
            160030,
            {line(0, 3333, 2000, 6666), line(0, 3334, 1000, 3334), line(1, 10000, 3, 30),
             line(2, 150000, 1000, 150000)}},
           {"a kopeck too many goes where rounding erred most",
            {raw("333.33666667", "1", "333.33666667"), raw("333.33666667", "1", "333.33666667"),
             raw("333.33666666", "1", "333.33666666")},
            100001,
            {line(0, 33334, 1000, 33334), line(1, 33334, 1000, 33334), line(2, 33333, 1000, 33333)}},
           {"a kopeck too few",
            {raw("33.33333333", "1", "33.33333333"), raw("33.33333333", "1", "33.33333333"),
             raw("33.33333334", "1", "33.33333334")},
            10000,
            {line(0, 3333, 1000, 3333), line(1, 3333, 1000, 3333), line(2, 3334, 1000, 3334)}},
           {"where rounding erred most may be the first line",
            {raw("1.004", "1", "1.004"), raw("1.003", "1", "1.003"), raw("1.003", "1", "1.003")},
            301,
            {line(0, 101, 1000, 101), line(1, 100, 1000, 100), line(2, 100, 1000, 100)}},
           {"a single unit takes the kopeck rather than a dozen",
            {raw("1.00333333", "1", "1.00333333"), raw("0.08361111", "12", "1.00333333")},
            201,
            {line(0, 101, 1000, 101), line(1, 8, 11000, 88), line(1, 12, 1000, 12)}},
           {"less than one unit: the price moves",
            {raw("300", "0.33333333", "99.999999")},
            10000,
            {line(0, 30030, 333, 10000)}},
           {"more than one unit and no fraction fits: one unit stands apart",
            {raw("0.33", "2.5", "0.83"), raw("0.1", "1", "0.1")},
            92,
            {line(0, 33, 2500, 83), line(1, 9, 1000, 9)}},
           {"a price that moved for all units beats a split", {raw("0.005", "2", "0.01")}, 2, {line(0, 1, 2000, 2)}},
           {"cheaper than a kopeck: the rest is in the last unit",
            {raw("0.005", "100", "0.5")},
            50,
            {line(0, 0, 99000, 0), line(0, 50, 1000, 50)}},
           {"a free line stays free",
            {raw("0", "1", "0"), raw("9.99", "1", "9.99")},
            1000,
            {line(0, 0, 1000, 0), line(1, 1000, 1000, 1000)}},
           {"17 digits of a double",
            {raw("99.989999999999995", "2", "199.97999999999999")},
            19998,
            {line(0, 9999, 2000, 19998)}},
       }) {
    const auto result = reconcile(row.lines, Kopecks(row.total));
    ASSERT_TRUE(result) << row.what << ": " << result.error().message;
    EXPECT_EQ(*result, row.expected) << row.what;
  }
}

TEST(Reconcile, RefusesWhatRoundingDoesNotExplain) {
  struct Refusal {
    const char* what;
    std::vector<RawLine> lines;
    std::int64_t total;
    const char* code;
  };
  for (const auto& row : std::vector<Refusal>{
           {"no lines", {}, 0, "reconcile.lines"},
           {"two kopecks on one line", {raw("10", "1", "10")}, 1002, "reconcile.total"},
           {"three kopecks on two lines", {raw("10", "1", "10"), raw("10", "1", "10")}, 1997, "reconcile.total"},
           {"a kopeck for a gift", {raw("0", "1", "0")}, 1, "reconcile.total"},
           {"a total of nothing", {raw("10", "1", "10")}, 0, "reconcile.total"},
           {"price and sum of different goods", {raw("10", "3", "20")}, 2000, "reconcile.line"},
           {"negative price", {raw("-10", "1", "10")}, 1000, "reconcile.amount"},
           {"negative sum", {raw("10", "1", "-10")}, 1000, "reconcile.amount"},
           {"negative total", {raw("10", "1", "10")}, -1000, "reconcile.amount"},
           {"sum too large", {raw("42949673", "1", "42949673")}, 100, "reconcile.amount"},
           {"price too large for the register", {raw("42949673", "0.001", "42949.673")}, 4294967, "reconcile.amount"},
           {"price too large once it makes the sum",
            {raw("42949672.95", "0.001", "42949.68")},
            4294968,
            "reconcile.amount"},
           {"widest numbers", {{{INT64_MAX, 0}, {INT64_MAX, 0}, {INT64_MAX, 0}}}, INT64_MAX, "reconcile.amount"},
           {"no quantity", {raw("10", "0", "0")}, 0, "reconcile.quantity"},
           {"quantity below a thousandth", {raw("10", "0.0004", "0")}, 0, "reconcile.quantity"},
           {"negative quantity", {raw("10", "-1", "10")}, 1000, "reconcile.quantity"},
           {"quantity too large", {raw("0", "100000", "0")}, 0, "reconcile.quantity"},
       }) {
    const auto result = reconcile(row.lines, Kopecks(row.total));
    ASSERT_FALSE(result) << row.what;
    EXPECT_EQ(result.error().code, row.code) << row.what;
  }
}

TEST(Reconcile, CountsLinesAfterSplitting) {
  const std::vector<RawLine> lines(2, raw("33.33333333", "3", "99.99999999"));
  EXPECT_TRUE(reconcile(lines, Kopecks(20000), {.lines = 4}));
  for (const std::size_t limit : {1u, 3u}) {
    const auto result = reconcile(lines, Kopecks(20000), {.lines = limit});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "reconcile.lines");
  }
}

TEST(RoundToTotal, GivesPaymentsThatMakeTheTotal) {
  EXPECT_THAT(*round_to_total(std::vector{decimal("50.005"), decimal("49.995")}, Kopecks(10000)),
              ElementsAre(Kopecks(5001), Kopecks(4999)));
  EXPECT_THAT(*round_to_total(std::vector{decimal("1106.2")}, Kopecks(110620)), ElementsAre(Kopecks(110620)));
  EXPECT_EQ(round_to_total(std::vector{decimal("10")}, Kopecks(1002)).error().code, "reconcile.total");
  EXPECT_EQ(round_to_total(std::vector{decimal("-10")}, Kopecks(1000)).error().code, "reconcile.amount");
  EXPECT_EQ(round_to_total({}, Kopecks(1)).error().code, "reconcile.total");
}

TEST(ToKopecks, RefusesWhatNoReceiptMayHold) {
  EXPECT_EQ(*to_kopecks(decimal("1106.2")), Kopecks(110620));
  EXPECT_EQ(*to_kopecks(decimal("99.99999999")), Kopecks(10000));
  EXPECT_EQ(*to_kopecks(decimal("42949672.95")), kMaxAmount);
  EXPECT_EQ(to_kopecks(decimal("42949672.96")).error().code, "reconcile.amount");
  EXPECT_EQ(to_kopecks(decimal("-0.01")).error().code, "reconcile.amount");
}

// Random baskets. KASSAFLOW_TEST_SEED repeats a run.
class Baskets : public testing::Test {
 protected:
  Baskets() {
    const char* given = std::getenv("KASSAFLOW_TEST_SEED");
    seed_ = given != nullptr ? static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
    random_.seed(seed_);
  }

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
    std::size_t last_source = 0;
    for (const auto& part : result) {
      ASSERT_LT(part.source, lines.size());
      EXPECT_GE(part.source, last_source);
      last_source = part.source;
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
    for (std::size_t i = 0; i < lines.size(); ++i)
      EXPECT_EQ(thousandths[i], static_cast<std::int64_t>(round_half_up(lines[i].quantity, 3)));
  }

  std::uint32_t seed_ = 0;
  std::mt19937 random_;
};

TEST_F(Baskets, OfThePortalAlwaysBecomeReceipts) {
  SCOPED_TRACE("KASSAFLOW_TEST_SEED=" + std::to_string(seed_));
  for (int round = 0; round < 3000 && !HasFailure(); ++round) {
    const auto basket = lines();
    const Kopecks total = total_of(basket);
    const auto result = reconcile(basket, total);
    ASSERT_TRUE(result) << result.error().message;
    expect_printable(basket, total, *result);
    EXPECT_EQ(*result, *reconcile(basket, total));
  }
}

TEST_F(Baskets, DamagedOnesBecomeReceiptsOrErrors) {
  SCOPED_TRACE("KASSAFLOW_TEST_SEED=" + std::to_string(seed_));
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
