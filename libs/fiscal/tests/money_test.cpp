#include "kassaflow/fiscal/money.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "kassaflow/fiscal/decimal.hpp"

namespace kassaflow::fiscal {
namespace {

TEST(Cost, RoundsHalfUpToKopecks) {
  struct Case {
    std::int64_t price, thousandths, expected;
  };
  for (const auto& [price, thousandths, expected] : {
           Case{22500, 2000, 45000}, Case{89050, 400, 35620}, Case{10000, 3, 30}, Case{3333, 3000, 9999},
           Case{3333, 1500, 5000},  // 49.995
           Case{1, 499, 0}, Case{1, 500, 1}, Case{0, 99'999'999, 0},
           Case{4'294'967'295, 99'999'999, 429'496'725'205'033},  // needs more than 64 bits inside
       }) {
    EXPECT_EQ(cost(Kopecks(price), Quantity(thousandths)).value(), expected) << price << " * " << thousandths;
  }
}

TEST(ToRubles, AlwaysHasTwoDecimals) {
  struct Case {
    std::int64_t kopecks;
    const char* expected;
  };
  for (const auto& [kopecks, expected] :
       {Case{0, "0.00"}, Case{5, "0.05"}, Case{50, "0.50"}, Case{123450, "1234.50"}, Case{-5, "-0.05"},
        Case{-12345, "-123.45"}, Case{std::numeric_limits<std::int64_t>::min(), "-92233720368547758.08"}}) {
    EXPECT_EQ(to_rubles(Kopecks(kopecks)), expected);
  }
}

TEST(ParseRubles, ReadsKopecksExactly) {
  struct Case {
    const char* text;
    std::int64_t kopecks;
  };
  for (const auto& [text, kopecks] :
       {Case{"0", 0}, Case{"0.29", 29}, Case{"7", 700}, Case{"1000.5", 100050}, Case{"1000.50", 100050},
        Case{"2.8800", 288}, Case{"0000000000001.00", 100}, Case{"999999999999.99", 99'999'999'999'999}}) {
    ASSERT_TRUE(parse_rubles(text)) << text;
    EXPECT_EQ(parse_rubles(text)->value(), kopecks) << text;
  }
  for (const char* bad : {"", ".", "1.", ".5", "-1", "+1", "1e3", "1.005", "1.0001", "1,5", " 1", "1 000", "1.2.3",
                          "1234567890123", "1.x"})
    EXPECT_FALSE(parse_rubles(bad)) << bad;
}

TEST(ToDecimal, HasNoTrailingZeros) {
  struct Case {
    std::int64_t thousandths;
    const char* expected;
  };
  for (const auto& [thousandths, expected] :
       {Case{1000, "1"}, Case{2000, "2"}, Case{750, "0.75"}, Case{3, "0.003"}, Case{10'000, "10"}, Case{0, "0"},
        Case{1001, "1.001"}, Case{99'999'999, "99999.999"}}) {
    EXPECT_EQ(to_decimal(Quantity(thousandths)), expected);
  }
}

TEST(Decimal, RoundsHalfUp) {
  struct Case {
    Decimal value;
    int scale;
    std::int64_t expected;
  };
  for (const auto& [value, scale, expected] : {
           Case{{100, 0}, 2, 10000},
           Case{{1005, 1}, 2, 10050},
           Case{{9'999'999'999, 8}, 2, 10000},
           Case{{1005, 3}, 2, 101},
           Case{{1004, 3}, 2, 100},
           Case{{10, 6}, 2, 0},
           Case{{-1005, 3}, 2, -101},
           Case{{400, 3}, 3, 400},
           Case{{3333333333, 10}, 3, 333},
           Case{{5, 18}, 18, 5},
           // Doubles of a portal that prints 17 digits: 1.005 and 0.29.
           Case{{10049999999999999, 16}, 2, 101},
           Case{{28999999999999998, 17}, 2, 29},
           Case{{99999999990000006, 15}, 8, 9'999'999'999},
       }) {
    EXPECT_EQ(static_cast<std::int64_t>(round_half_up(value, scale)), expected)
        << value.mantissa << "e-" << value.scale;
  }
}

TEST(Decimal, HasOneTextAtAnySize) {
  constexpr __int128 kOne = 100'000'000;
  constexpr __int128 kQuintillion = 1'000'000'000'000'000'000;
  struct Case {
    __int128 at_portal_scale;
    const char* text;
  };
  for (const auto& [value, text] : {
           Case{0, "0"},
           Case{1, "0.00000001"},
           Case{-1, "-0.00000001"},
           Case{kOne, "1"},
           Case{-150'000'000, "-1.5"},
           Case{1'005'000'000, "10.05"},
           Case{kQuintillion * kOne - 1, "999999999999999999.99999999"},
           Case{kQuintillion * kOne, "1000000000000000000"},
           Case{(3 * kQuintillion + 7) * kOne + 5'000'000, "3000000000000000007.05"},
           Case{-(12 * kQuintillion * 1000 + 40) * kOne, "-12000000000000000000040"},
       }) {
    EXPECT_EQ(canonical(value), text);
  }
}

TEST(Decimal, KeepsTheWidestValue) {
  const auto widest = std::numeric_limits<std::int64_t>::max();
  EXPECT_TRUE(round_half_up({widest, 0}, Decimal::kMaxScale) ==
              static_cast<__int128>(widest) * 1'000'000'000'000'000'000);
}

}  // namespace
}  // namespace kassaflow::fiscal
