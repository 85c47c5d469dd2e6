#include "output.hpp"

#include <gtest/gtest.h>

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

TEST(Output, TimesAreIso8601InUtc) {
  EXPECT_EQ(to_time(1780300800000), "2026-06-01T08:00:00Z");
  EXPECT_EQ(to_time(1780300800250), "2026-06-01T08:00:00.250Z");
  EXPECT_TRUE(to_time(0).is_null());
}

}  // namespace
}  // namespace kassaflow::kassactl
