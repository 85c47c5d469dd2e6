#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <string>

#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::ascii {
namespace {

TEST(Ascii, KnowsItsDigitsAndLettersAndNoOthers) {
  int digits = 0, letters = 0, hex = 0, lower_hex = 0;
  for (int c = CHAR_MIN; c <= CHAR_MAX; ++c) {
    digits += is_digit(static_cast<char>(c));
    letters += is_letter(static_cast<char>(c));
    hex += is_hex(static_cast<char>(c));
    lower_hex += is_lower_hex(static_cast<char>(c));
  }
  EXPECT_EQ(digits, 10);
  EXPECT_EQ(letters, 52);
  EXPECT_EQ(hex, 22);
  EXPECT_EQ(lower_hex, 16);
  EXPECT_TRUE(is_digit('0') && is_digit('9') && is_letter('a') && is_letter('Z') && is_hex('F') && !is_hex('g'));
}

TEST(Ascii, LowersItsLettersAndLeavesOthers) {
  EXPECT_EQ(lower("A-Za-z[@`{0"), "a-za-z[@`{0");
  EXPECT_EQ(lower("Касса KKT"), "Касса kkt");
}

TEST(Ascii, SeesAForeignByteAtEveryPlace) {
  for (std::size_t size = 0; size <= 17; ++size) {
    std::string text(size, 'a');
    EXPECT_TRUE(is_ascii(text));
    for (char& c : text) {
      c = '\x80';
      EXPECT_FALSE(is_ascii(text)) << size;
      c = 'a';
    }
  }
}

TEST(Ascii, AllDigits) {
  EXPECT_TRUE(all_digits("0123456789"));
  EXPECT_TRUE(all_digits(""));
  EXPECT_FALSE(all_digits("12a"));
  EXPECT_FALSE(all_digits("１２"));
}

TEST(Hex, WritesEachByteAsTwoDigits) {
  EXPECT_EQ(hex(std::array<unsigned char, 4>{0x00, 0x0F, 0xA0, 0xFF}), "000fa0ff");
  EXPECT_EQ(hex({}), "");
}

}  // namespace
}  // namespace kassaflow::ascii
