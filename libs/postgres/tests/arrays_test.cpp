#include "kassaflow/postgres/arrays.hpp"

#include <gtest/gtest.h>

namespace kassaflow::postgres {
namespace {

TEST(Arrays, QuotesWhatPostgresWouldRead) {
  TextArray texts;
  texts.add("a\"b\\c, {d}");
  texts.add_null();
  texts.add("");
  EXPECT_EQ(texts.str(), R"({"a\"b\\c, {d}",NULL,""})");
}

TEST(Arrays, BytesGoInHexAndComeBack) {
  TextArray bytes;
  bytes.add_bytes(std::string("\x00\xff\x1d", 3));
  EXPECT_EQ(bytes.str(), R"({"\\x00ff1d"})");
  EXPECT_EQ(from_bytea("\\x00ff1d"), std::string("\x00\xff\x1d", 3));
  EXPECT_THROW((void)from_bytea("00ff"), std::invalid_argument);
  EXPECT_THROW((void)from_bytea("\\x0g"), std::invalid_argument);
}

TEST(Arrays, EmptyOnesAreEmpty) {
  EXPECT_EQ(IntArray().str(), "{}");
  IntArray numbers;
  numbers.add(1);
  numbers.add(-2);
  EXPECT_EQ(numbers.str(), "{1,-2}");
}

}  // namespace
}  // namespace kassaflow::postgres
