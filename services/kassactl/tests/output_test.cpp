#include "output.hpp"

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json.hpp>

namespace kassaflow::kassactl {
namespace {

const boost::json::value kValue = {{"id", "a"},
                                   {"number", "007"},
                                   {"total", nullptr},
                                   {"up", true},
                                   {"count", 3},
                                   {"list", boost::json::array{1, "б"}},
                                   {"none", boost::json::array{}}};

TEST(Output, JsonIsIndentedAndReadsBack) {
  const std::string text = to_json(kValue);
  EXPECT_EQ(boost::json::parse(text), kValue);
  EXPECT_NE(text.find("{\n  \"id\": \"a\",\n"), std::string::npos);
  EXPECT_NE(text.find("\"none\": []"), std::string::npos);
}

TEST(Output, YamlKeepsTextsTexts) {
  EXPECT_EQ(to_yaml(kValue),
            "id: \"a\"\nnumber: \"007\"\ntotal: ~\nup: true\ncount: 3\nlist:\n  - 1\n  - \"б\"\nnone:\n  []\n");
}

TEST(Output, ColumnsAreAlignedByCharacters) {
  EXPECT_EQ(to_text({{"ID", "NAME", "X"}, {"a", "ООО «Акме»", "1"}, {"bcd", "Ltd", ""}}),
            "ID   NAME        X\n"
            "a    ООО «Акме»  1\n"
            "bcd  Ltd\n");
  EXPECT_EQ(to_text({}), "");
}

// What a register, a portal or another process wrote, as an attacker would have it.
constexpr std::string_view kForged = "нет бумаги\n\u202Eenod\u2069 7d0c  done\x1B[1A\r\x7F\u0085\u200B\u2028";
const std::vector<std::string> kUnseen = {"\x1B", "\r", "\x7F", "\u202E", "\u2069", "\u0085", "\u200B", "\u2028"};

void expect_seen(const std::string& shown, int lines) {
  for (const auto& unseen : kUnseen) EXPECT_EQ(shown.find(unseen), std::string::npos) << testing::PrintToString(unseen);
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), lines) << shown;
  EXPECT_NE(shown.find("нет бумаги"), std::string::npos);
}

TEST(Output, ATextForgesNoRow) {
  const std::string table = to_text({{"ID", "ERROR"}, {"a", std::string(kForged)}, {"b", ""}});
  expect_seen(table, 3);
  EXPECT_NE(table.find(R"(нет бумаги\n\u202eenod\u2069 7d0c  done\u001b[1A\r\u007f\u0085\u200b\u2028)"),
            std::string::npos);
}

TEST(Output, JsonAndYamlAreSeenWholeAndReadBack) {
  const boost::json::value value = {{"id", "a"}, {"error", boost::json::string(kForged)}};
  expect_seen(to_json(value), 4);
  EXPECT_EQ(boost::json::parse(to_json(value)), value);
  expect_seen(to_yaml(value), 2);
  EXPECT_EQ(YAML::Load(to_yaml(value))["error"].Scalar(), kForged);
  const boost::json::value astral = {{"error", "a\U000E0064b"}};
  EXPECT_EQ(boost::json::parse(to_json(astral)), astral);
  EXPECT_EQ(YAML::Load(to_yaml(astral))["error"].Scalar(), "a\U000E0064b");
}

TEST(Output, TimesAreIso8601InUtc) {
  EXPECT_EQ(to_time(1780300800000), "2026-06-01T08:00:00Z");
  EXPECT_EQ(to_time(1780300800250), "2026-06-01T08:00:00.250Z");
  EXPECT_TRUE(to_time(0).is_null());
}

}  // namespace
}  // namespace kassaflow::kassactl
