#include "kassaflow/bitrix24/decimal.hpp"

#include <gtest/gtest.h>

namespace kassaflow::bitrix24 {
namespace {

struct NumberCase {
  const char* text;
  std::int64_t mantissa;
  int scale;
  const char* canonical;
};

TEST(Decimal, ReadsEverySpellingOfPhp) {
  for (const NumberCase& c : {
           NumberCase{"0", 0, 0, "0"},
           {"-0", 0, 0, "0"},
           {"0.000", 0, 0, "0"},
           {"1500", 1500, 0, "1500"},
           {"1500.00", 1500, 0, "1500"},
           {"+7", 7, 0, "7"},
           {"007", 7, 0, "7"},
           {"-1.5", -15, 1, "-1.5"},
           {"0.4", 4, 1, "0.4"},
           {"0.003", 3, 3, "0.003"},
           {"33.333333333333", 33333333333333, 12, "33.33333333"},
           {"99.99999999", 9999999999, 8, "99.99999999"},
           {"99.999999990000006", 99999999990000006, 15, "99.99999999"},
           {"0.30000000000000004", 30000000000000004, 17, "0.3"},
           {"199.98999999999998", 19998999999999998, 14, "199.99"},
           {"1.0E-5", 1, 5, "0.00001"},
           {"1.25e-7", 125, 9, "0.00000013"},
           {"1.0E+14", 100000000000000, 0, "100000000000000"},
           {"1.5E2", 150, 0, "150"},
           {"1.0E-25", 0, 0, "0"},
           {"-1.1368683772162E-13", -113686, 18, "0"},
           {"0E99", 0, 0, "0"},
           {"0.1234567890123456789", 123456789012345678, 18, "0.12345679"},
           {"100000000.00000001", 10000000000000001, 8, "100000000.00000001"},
           {"999999999999999999", 999999999999999999, 0, "999999999999999999"},
       }) {
    const auto value = parse_decimal(c.text);
    ASSERT_TRUE(value.has_value()) << c.text;
    EXPECT_EQ(value->mantissa, c.mantissa) << c.text;
    EXPECT_EQ(value->scale, c.scale) << c.text;
    EXPECT_EQ(fiscal::canonical(*value), c.canonical) << c.text;
  }
}

TEST(Decimal, RefusesWhatIsNoNumber) {
  for (const char* text : {"",        " ",
                           "1 ",      " 1",
                           "-",       "+",
                           ".",       ".5",
                           "1.",      "1,5",
                           "1.2.3",   "abc",
                           "1e",      "1E+",
                           "1E-100",  "0x10",
                           "١",       "NAN",
                           "INF",     "1_000",
                           "--1",     "12345678901234567890",
                           "1.0E+19", "99999999999999999999999999999999999999999999999999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace kassaflow::bitrix24
