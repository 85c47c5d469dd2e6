#include "kassaflow/fiscal/reconcile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

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
            {line(0, 101, 1000, 101), line(1, 8, 8000, 64), line(1, 9, 4000, 36)}},
           {"less than one unit: the price moves",
            {raw("300", "0.33333333", "99.999999")},
            10000,
            {line(0, 30030, 333, 10000)}},
           {"more than one unit and no fraction fits: one unit stands apart",
            {raw("0.33", "2.5", "0.825"), raw("0.1", "1", "0.1")},
            92,
            {line(0, 33, 1500, 50), line(0, 32, 1000, 32), line(1, 10, 1000, 10)}},
           {"a price that moved for all units beats a split",
            {raw("1.004", "1.2", "1.2048"), raw("1.0032", "1", "1.0032")},
            221,
            {line(0, 101, 1200, 121), line(1, 100, 1000, 100)}},
           {"half a kopeck at the end of every line",
            {raw("1.005", "1", "1.005"), raw("1.005", "1", "1.005"), raw("1.005", "1", "1.005")},
            302,
            {line(0, 101, 1000, 101), line(1, 101, 1000, 101), line(2, 100, 1000, 100)}},
           {"a portal that rounded the price to kopecks",
            {raw("33.33", "3", "100"), raw("0.67", "150", "100")},
            20000,
            {line(0, 3333, 2000, 6666), line(0, 3334, 1000, 3334), line(1, 66, 50000, 3300),
             line(1, 67, 100000, 6700)}},
           {"cheaper than a kopeck: some units are free",
            {raw("0.005", "100", "0.5")},
            50,
            {line(0, 0, 50000, 0), line(0, 1, 50000, 50)}},
           {"two neighbouring prices",
            {raw("1.2345", "10000", "12345")},
            1234500,
            {line(0, 123, 5500000, 676500), line(0, 124, 4500000, 558000)}},
           {"a discount that no price makes",
            {raw("33.335", "7", "233.345")},
            23335,
            {line(0, 3333, 3000, 9999), line(0, 3334, 4000, 13336)}},
           {"a free line stays free",
            {raw("0", "1", "0"), raw("4.994", "1", "4.994"), raw("5.001", "1", "5.001")},
            1000,
            {line(0, 0, 1000, 0), line(1, 500, 1000, 500), line(2, 500, 1000, 500)}},
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

struct Refusal {
  const char* what;
  std::vector<RawLine> lines;
  std::int64_t total;
  Attribute attribute;
  std::optional<std::size_t> index;
  const char* text;
};

void expect_refusals(const std::vector<Refusal>& refusals) {
  for (const auto& row : refusals) {
    const auto result = reconcile(row.lines, Kopecks(row.total));
    ASSERT_FALSE(result) << row.what;
    EXPECT_EQ(result.error(), (Violation{row.attribute, row.index, row.text})) << row.what;
  }
}

TEST(Reconcile, RefusesWhatRoundingDoesNotExplain) {
  expect_refusals({
      {"no lines", {}, 0, Attribute::lines, std::nullopt, "в чеке нет ни одной позиции."},
      {"a kopeck on one line",
       {raw("99.99", "1", "99.99")},
       10000,
       Attribute::total,
       std::nullopt,
       "сумма позиций 99.99 не равна итогу чека 100.00."},
      {"a kopeck on three lines",
       {raw("10", "1", "10"), raw("10", "1", "10"), raw("9.99", "1", "9.99")},
       3000,
       Attribute::total,
       std::nullopt,
       "сумма позиций 29.99 не равна итогу чека 30.00."},
      {"a little more than half a kopeck",
       {raw("10.0051", "1", "10.0051")},
       1000,
       Attribute::total,
       std::nullopt,
       "сумма позиций 10.0051 не равна итогу чека 10.00."},
      {"a kopeck for a gift",
       {raw("0", "1", "0")},
       1,
       Attribute::total,
       std::nullopt,
       "сумма позиций 0.00 не равна итогу чека 0.01."},
      {"a total of nothing",
       {raw("10", "1", "10")},
       0,
       Attribute::total,
       std::nullopt,
       "сумма позиций 10.00 не равна итогу чека 0.00."},
      {"price and sum of different goods",
       {raw("10", "1", "10"), raw("10", "3", "20")},
       3000,
       Attribute::sum,
       1,
       "сумма 20.00 не равна цене 10.00 × количество 3 = 30.00."},
      {"a line of its own is off by two kopecks",
       {raw("10", "1", "10.02"), raw("10", "1", "9.98")},
       2000,
       Attribute::sum,
       0,
       "сумма 10.02 не равна цене 10.00 × количество 1 = 10.00."},
  });
}

// Forty lines do not make room for what one line may not have.
TEST(Reconcile, TheToleranceOfALineDoesNotGrowWithTheReceipt) {
  std::vector<RawLine> lines(40, raw("10", "1", "10"));
  lines.front() = raw("10", "1", "10.2");
  lines.back() = raw("10", "1", "9.8");
  const auto result = reconcile(lines, Kopecks(40'000));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().attribute, Attribute::sum);
}

TEST(Reconcile, RefusesAmountsNoReceiptMayHold) {
  expect_refusals({
      {"negative price", {raw("-10", "1", "10")}, 1000, Attribute::price, 0, "цена -10 вне пределов 0..42949672.95."},
      {"negative sum", {raw("10", "1", "-10")}, 1000, Attribute::sum, 0, "сумма -10 вне пределов 0..42949672.95."},
      {"negative total",
       {raw("10", "1", "10")},
       -1000,
       Attribute::total,
       std::nullopt,
       "итог чека -10.00 вне пределов 0..42949672.95."},
      {"sum too large",
       {raw("42949673", "1", "42949673")},
       100,
       Attribute::sum,
       0,
       "сумма 42949673 вне пределов 0..42949672.95."},
      {"price too large for the register",
       {raw("42949673", "0.001", "42949.673")},
       4294967,
       Attribute::price,
       0,
       "цена 42949673 вне пределов 0..42949672.95."},
      {"price too large once it makes the sum",
       {raw("42949672.95", "0.001", "42949.677")},
       4294968,
       Attribute::price,
       0,
       "цена 42949680.00 вне пределов 0..42949672.95."},
      {"widest numbers",
       {{{INT64_MAX, 0}, {INT64_MAX, 0}, {INT64_MAX, 0}}},
       100,
       Attribute::sum,
       0,
       "сумма 9223372036854775807 вне пределов 0..42949672.95."},
      {"no quantity", {raw("10", "0", "0")}, 0, Attribute::quantity, 0, "количество 0 вне пределов 0.001..99999.999."},
      {"quantity below a thousandth",
       {raw("10", "0.0004", "0")},
       0,
       Attribute::quantity,
       0,
       "количество 0.0004 вне пределов 0.001..99999.999."},
      {"negative quantity",
       {raw("10", "-1", "10")},
       1000,
       Attribute::quantity,
       0,
       "количество -1 вне пределов 0.001..99999.999."},
      {"quantity too large",
       {raw("0", "100000", "0")},
       0,
       Attribute::quantity,
       0,
       "количество 100000 вне пределов 0.001..99999.999."},
  });
}

std::size_t lines_of(std::size_t source, const std::vector<ReconciledLine>& lines) {
  return static_cast<std::size_t>(std::ranges::count(lines, source, &ReconciledLine::source));
}

std::int64_t total_of(const std::vector<ReconciledLine>& lines) {
  std::int64_t sum = 0;
  for (const auto& part : lines) sum += part.sum.value();
  return sum;
}

TEST(Reconcile, SplitsAsLongAsThereAreLinesForIt) {
  const std::vector<RawLine> lines(2, raw("33.33333333", "3", "99.99999999"));
  EXPECT_EQ(reconcile(lines, Kopecks(20000), {.lines = 4})->size(), 4U);
  EXPECT_EQ(*reconcile(lines, Kopecks(20000), {.lines = 3}),
            (std::vector{line(0, 3333, 1000, 3333), line(0, 3334, 2000, 6668), line(1, 3333, 3000, 9999)}));
  for (const std::size_t limit : {1u, 2u}) {  // two kopecks are no three units
    const auto result = reconcile(lines, Kopecks(20000), {.lines = limit});
    ASSERT_FALSE(result) << limit;
    EXPECT_EQ(result.error().attribute, Attribute::lines);
  }
}

TEST(Reconcile, SpreadsKopecksOverWholeLinesWhereSplittingMakesTooMany) {
  const auto result = reconcile(std::vector<RawLine>(51, raw("33.33333333", "3", "100")), Kopecks(510000));
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->size(), 51U);
  EXPECT_EQ(std::ranges::count(*result, Kopecks(3334), &ReconciledLine::price), 17);
  EXPECT_EQ(std::ranges::count(*result, Kopecks(3333), &ReconciledLine::price), 34);
  EXPECT_EQ(total_of(*result), 510000);
}

TEST(Reconcile, FindsTheLinesThatMakeTheKopecksWhenThereIsNoRoomAtAll) {
  // 2 + 3 + 2 + 3 = 10 kopecks are missing: 7 and 3 units make them, not 3 and 5, which are short of the most.
  const std::vector<RawLine> lines{raw("1.00285714", "7", "7.02"), raw("1.006", "5", "5.03"), raw("1.01", "3", "3.03"),
                                   raw("1.00666667", "3", "3.02"), raw("1.00428571", "7", "7.03")};
  const auto result = reconcile(lines, Kopecks(2513), {.lines = 5});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->size(), 5U);
  EXPECT_EQ(total_of(*result), 2513);
  for (const auto& part : *result) EXPECT_EQ(cost(part.price, part.quantity), part.sum);
}

TEST(Reconcile, LinesThatFitAndWeightsStayAsTheyAreWhenOthersAreSpread) {
  std::vector<RawLine> lines(4, raw("33.33333333", "3", "100"));
  lines.push_back(raw("225", "2", "450"));
  lines.push_back(raw("0.33", "2.5", "0.82"));
  const auto result = reconcile(lines, Kopecks(85082), {.lines = 8});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->size(), 8U);
  EXPECT_EQ(total_of(*result), 85082);
  EXPECT_EQ(lines_of(5, *result), 2U);
  EXPECT_EQ((*result)[result->size() - 3], line(4, 22500, 2000, 45000));
}

TEST(ReconcilePayments, MakeTheTotal) {
  EXPECT_THAT(*reconcile_payments(std::vector{decimal("50.005"), decimal("49.995")}, Kopecks(10000)),
              ElementsAre(Kopecks(5001), Kopecks(4999)));
  EXPECT_THAT(*reconcile_payments(std::vector{decimal("1106.2")}, Kopecks(110620)), ElementsAre(Kopecks(110620)));
  EXPECT_THAT(*reconcile_payments(std::vector{decimal("0.0")}, Kopecks(0)), ElementsAre(Kopecks(0)));
}

TEST(ReconcilePayments, RefuseWhatRoundingDoesNotExplain) {
  struct Case {
    std::vector<Decimal> sums;
    std::int64_t total;
    Attribute attribute;
    std::optional<std::size_t> index;
    const char* text;
  };
  for (const auto& row : std::vector<Case>{
           {{decimal("99.99")},
            10000,
            Attribute::payments,
            std::nullopt,
            "сумма оплат 99.99 не равна итогу чека 100.00."},
           {{decimal("50"), decimal("50.0053")},
            10000,
            Attribute::payments,
            std::nullopt,
            "сумма оплат 100.0053 не равна итогу чека 100.00."},
           {{decimal("5"), decimal("-10")}, 1000, Attribute::payments, 1, "сумма -10 вне пределов 0..42949672.95."},
           {{}, 1, Attribute::payments, std::nullopt, "в чеке нет оплат."},
           {std::vector<Decimal>(101), 0, Attribute::payments, std::nullopt, "в чеке больше 100 оплат."},
       }) {
    const auto result = reconcile_payments(row.sums, Kopecks(row.total));
    ASSERT_FALSE(result) << row.text;
    EXPECT_EQ(result.error(), (Violation{row.attribute, row.index, row.text}));
  }
}

TEST(ToKopecks, RefusesWhatNoReceiptMayHold) {
  EXPECT_EQ(*to_kopecks(decimal("1106.2")), Kopecks(110620));
  EXPECT_EQ(*to_kopecks(decimal("99.99999999")), Kopecks(10000));
  EXPECT_EQ(*to_kopecks(decimal("42949672.95")), kMaxAmount);
  EXPECT_EQ(to_kopecks(decimal("42949672.96")).error().attribute, Attribute::sum);
  EXPECT_EQ(to_kopecks(decimal("-0.01")).error().attribute, Attribute::sum);
}

}  // namespace
}  // namespace kassaflow::fiscal
