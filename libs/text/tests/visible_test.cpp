#include "kassaflow/text/visible.hpp"

#include <gtest/gtest.h>
#include <unicode/uchar.h>

#include <boost/json/parse.hpp>
#include <string>

#include "kassaflow/text/utf8.hpp"

namespace kassaflow {
namespace {

std::string utf8_of(char32_t c) {
  std::string text;
  utf8::append(text, c);
  return text;
}

std::string json_of(std::string_view text) {
  std::string json;
  append_json(json, text);
  return json;
}

// For each code point there is.
template <class Body>
void for_each_character(Body body) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) body(c);
  }
}

bool is_unseen(char32_t c) {
  const auto point = static_cast<UChar32>(c);
  const auto category = u_charType(point);
  const bool separates =
      category == U_CONTROL_CHAR || category == U_LINE_SEPARATOR || category == U_PARAGRAPH_SEPARATOR;
  const bool annotates = c >= 0xFFF9 && c <= 0xFFFB;
  return separates || annotates || u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

TEST(Visible, TextsPeopleReadStayAsTheyAre) {
  for (const std::string text :
       {"", "Смена превысила 24 часа", "ООО «Ромашка и ёлочки» — №1, 5 ₽ за шт.", R"(C:\Касса\log.txt)",
        "naïve café 日本語", "👍 ❤️ 👨‍👩‍👧 1️⃣ 👩🏽‍💻 🇷🇺", "a\u00A0b", "שלום",
        "a\u0301"}) {
    EXPECT_EQ(visible(text), text);
    EXPECT_EQ(boost::json::parse(json_of(text)).as_string(), text);
  }
}

TEST(Visible, WhatForgesARowIsShown) {
  EXPECT_EQ(visible("нет бумаги\n7d0c  done  100.00"), "нет бумаги\\n7d0c  done  100.00");
  EXPECT_EQ(visible("a\r\tb"), "a\\r\\tb");
  EXPECT_EQ(visible("\x1B[1A\x1B[2Kdone"), "\\u001b[1A\\u001b[2Kdone");
  EXPECT_EQ(visible("\u009B31m\x7F\u0085"), "\\u009b31m\\u007f\\u0085");
  EXPECT_EQ(visible("\u202Eenod\u2069\u200F\u061C"), "\\u202eenod\\u2069\\u200f\\u061c");
  EXPECT_EQ(visible("pool\u200B-1\u2060\uFEFF\u00AD"), "pool\\u200b-1\\u2060\\ufeff\\u00ad");
  EXPECT_EQ(visible("a\u2028b\u2029c"), "a\\u2028b\\u2029c");
  EXPECT_EQ(visible("a\U000E0064"), "a\\U000e0064");
  EXPECT_EQ(visible(std::string_view("a\0b", 3)), "a\\u0000b");
}

TEST(Visible, BytesThatAreNoUtf8AreShown) {
  EXPECT_EQ(visible("\xCA\xE0\xF1\xF1\xE0"), "\\xca\\xe0\\xf1\\xf1\\xe0");
  EXPECT_EQ(visible("a\xD0"), "a\\xd0");
  EXPECT_EQ(visible("\xED\xA0\x80\xC0\x8A"), "\\xed\\xa0\\x80\\xc0\\x8a");  // a surrogate, an overlong line feed
  EXPECT_EQ(boost::json::parse(json_of("\"\xFF")).as_string(), "\"\\xff");
}

TEST(Visible, JoinersStayInsideEmojiOnly) {
  EXPECT_EQ(visible("a\u200Db"), "a\\u200db");
  EXPECT_EQ(visible("👨\u200Db"), "👨\\u200db");
  EXPECT_EQ(visible("a\uFE0F\u200D👧"), "a\\ufe0f\\u200d👧");
  EXPECT_EQ(visible("1\uFE0F2"), "1\\ufe0f2");
  EXPECT_EQ(visible("👨\u200D\u200D👧"), "👨\\u200d\\u200d👧");
  for_each_character([](char32_t c) {
    if (u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EXTENDED_PICTOGRAPHIC) == 0) return;
    const std::string joined = utf8_of(c) + "\uFE0F\u200D" + utf8_of(c);
    ASSERT_EQ(visible(joined), joined) << std::hex << static_cast<std::uint32_t>(c);
  });
}

TEST(Visible, EveryCharacterIsSeenOrShown) {
  for_each_character([](char32_t c) {
    const std::string text = utf8_of(c);
    const std::string json = json_of(text);
    ASSERT_EQ(visible(text) != text, is_unseen(c)) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(visible(json), json) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(boost::json::parse(json).as_string(), text);
    ASSERT_TRUE(u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_BIDI_CONTROL) == 0 || is_unseen(c));
  });
}

}  // namespace
}  // namespace kassaflow
