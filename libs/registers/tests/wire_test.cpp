#include <gtest/gtest.h>

#include "src/common/text.hpp"
#include "src/common/wire_json.hpp"
#include "src/common/wire_time.hpp"

namespace kassaflow::registers {
namespace {

TEST(WireJson, KeepsTheDigitsOfNumbers) {
  const auto json = parse_json(R"( {"a":1000.00,"b":7380440800000001,"c":"57","d":99999999999999999999,"e":-1.50} )");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["a"].text, "1000.00");
  EXPECT_EQ((*json)["b"].digits(), "7380440800000001");
  EXPECT_EQ((*json)["c"].digits(), "57");
  EXPECT_EQ((*json)["d"].text, "99999999999999999999");
  EXPECT_EQ((*json)["e"].digits(), "");
  EXPECT_EQ((*json)["absent"].kind, Json::Kind::null);
}

TEST(WireJson, KeepsNestingAndOrder) {
  const auto json = parse_json(R"({"list":[{"x":{"y":[1,"два",true,null]}}],"z":""})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->values[0].key, "list");
  const Json& inner = json->values[0].value.values[0].value["x"]["y"];
  ASSERT_EQ(inner.values.size(), 4u);
  EXPECT_EQ(inner.values[1].value.text, "два");
  EXPECT_EQ(json->flat(), "1; два");
}

TEST(WireJson, RefusesWhatIsNotOneWholeText) {
  for (const char* bad : {"", " ", "{", R"({"a":1)", "{}{}", "[1,]", "nul", "{} x", "\xd1", "\"\xff\""})
    EXPECT_FALSE(parse_json(bad)) << bad;
  EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')));
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
  std::string many = "[0";
  for (int i = 0; i < 50'000; ++i) many += ",0";
  EXPECT_FALSE(parse_json(many + "]"));
}

TEST(WireJson, KnowsWhatSaysNothing) {
  for (const char* nothing : {"null", "false", "\"\"", "\" \\n\"", "0", "[]", "{}"})
    EXPECT_TRUE(parse_json(nothing)->says_nothing()) << nothing;
  for (const char* something : {"true", "\"x\"", "1", "[0]", "{\"a\":null}"})
    EXPECT_FALSE(parse_json(something)->says_nothing()) << something;
}

TEST(Text, ReadsRublesExactly) {
  EXPECT_EQ(kopecks_of("1000.00"), 100000);
  EXPECT_EQ(kopecks_of("1000,5"), 100050);
  EXPECT_EQ(kopecks_of(" 7 "), 700);
  EXPECT_EQ(kopecks_of("0.29"), 29);
  EXPECT_EQ(kopecks_of("2.8800"), 288);
  for (const char* bad : {"", ".", "1.", ".5", "-1", "1e3", "1.005", "1 000", "1.2.3", "1234567890123"})
    EXPECT_FALSE(kopecks_of(bad)) << bad;
}

TEST(Text, ReadsUtf8AndWindows1251) {
  EXPECT_EQ(to_utf8("\xEF\xBB\xBFЧек"), "Чек");
  EXPECT_EQ(to_utf8("\xD7\xE5\xEA \xB9"), "Чек №");
}

TEST(Text, EncodesBase64) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xff\xfe\x1d"), "//4d");
}

TEST(Text, FindsStemsAtTheBeginningOfWords) {
  const WordSequence words("Ошибка: Смена превысила 24ч. НЕТ БУМАГИ! Ещё 2400");
  EXPECT_TRUE(words.say("смена превыс"));
  EXPECT_TRUE(words.say("нет бумаг"));
  EXPECT_TRUE(words.say("24"));
  EXPECT_TRUE(words.say("еще"));
  EXPECT_FALSE(words.say("240"));
  EXPECT_FALSE(words.say("бумаг нет"));
  EXPECT_FALSE(words.say("мена"));
  EXPECT_TRUE(words.say("смена$"));
  EXPECT_FALSE(words.say("смен$"));
}

TEST(Text, CutsAtACharacter) {
  EXPECT_EQ(cut_utf8("Чек", 3), "Ч");
  EXPECT_EQ(cut_utf8("Чек", 6), "Чек");
}

TEST(WireTime, ReadsMomentsWithAnOffset) {
  EXPECT_EQ(unix_of_iso("2026-03-01T09:00:42+00:00"), 1772355642);
  EXPECT_EQ(unix_of_iso("2026-03-01T12:00:42.123+03:00"), 1772355642);
  EXPECT_EQ(unix_of_iso("2026-03-01T04:00:42-05:00"), 1772355642);
  EXPECT_EQ(unix_of_iso("2026-03-01T09:00:42Z"), 1772355642);
  for (const char* bad : {"", "2026-03-01T09:00:42", "2026-02-30T09:00:42Z", "2026-03-01T25:00:42Z", "yesterday"})
    EXPECT_FALSE(unix_of_iso(bad)) << bad;
}

TEST(WireTime, ReadsLocalTimes) {
  for (const char* good : {"2026-03-01T12:00:41", "2026-03-01 12:00:41", "20260301T120041", "01.03.2026 12:00:41"}) {
    EXPECT_EQ(local_of(good), 1772366441) << good;
  }
  EXPECT_EQ(local_of("01.03.2026 12:00"), 1772366400);
  for (const char* bad : {"", "1772366441", "2026-03-01", "31.02.2026 12:00", "2026-03-01T12:00:41+03:00"})
    EXPECT_FALSE(local_of(bad)) << bad;
}

}  // namespace
}  // namespace kassaflow::registers
