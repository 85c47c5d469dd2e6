#include "kassaflow/log/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <ctime>
#include <functional>

#include "kassaflow/log/alarms.hpp"

namespace kassaflow::log {
namespace {

std::string logged(const std::function<void()>& body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesOneJsonLineAnEvent) {
  log::configure("test", Level::info);
  const auto line = logged([] { log::warn("a.b", {{"text", "x\"\n"}, {"number", 7}, {"flag", true}}); });
  ASSERT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  const auto object = boost::json::parse(line).as_object();
  EXPECT_EQ(object.at("event").as_string(), "a.b");
  EXPECT_EQ(object.at("level").as_string(), "warn");
  EXPECT_EQ(object.at("service").as_string(), "test");
  EXPECT_EQ(object.at("text").as_string(), "x\"\n");
  EXPECT_EQ(object.at("number").as_int64(), 7);
  EXPECT_TRUE(object.at("flag").as_bool());
}

// Whoever reads the line gets the text back; whoever sees it on a terminal sees all of it.
TEST(Log, TextsFromOutsideForgeNothing) {
  log::configure("test", Level::info);
  const std::string text = "Касса\x1B[2K\r\n{\"event\":\"done\"}\u202E\u2066\u200B\u0085\x7F";
  const auto line = logged([&] { log::warn(text, {{text, text}}); });
  for (const char* unseen : {"\x1B", "\r", "\u202E", "\u2066", "\u200B", "\u0085", "\x7F"}) {
    EXPECT_EQ(line.find(unseen), std::string::npos) << testing::PrintToString(unseen);
  }
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("Касса"), std::string::npos);
  const auto object = boost::json::parse(line).as_object();
  EXPECT_EQ(object.at("event").as_string(), text);
  EXPECT_EQ(object.at(text).as_string(), text);
}

TEST(Log, ATextThatIsNotUtf8IsLoggedAllTheSame) {
  log::configure("test", Level::info);
  const auto line = logged([] { log::warn("a", {{"text", "\xD0 \xFF\xD0\xB0"}}); });
  EXPECT_EQ(boost::json::parse(line).as_object().at("text").as_string(), "\\xd0 \\xff\xD0\xB0");
}

TEST(Log, SaysWhenInUtc) {
  log::configure("test", Level::info);
  const auto text = [](std::time_t second) {
    std::array<char, 32> out{};
    return std::string(out.data(), std::strftime(out.data(), out.size(), "%FT%T", std::gmtime(&second)));
  };
  const auto before = text(std::time(nullptr));
  const auto line = logged([] { log::info("now"); });
  const auto after = text(std::time(nullptr));
  const std::string ts(boost::json::parse(line).as_object().at("ts").as_string());
  ASSERT_THAT(ts, testing::MatchesRegex("....-..-..T..:..:..[.][0-9][0-9][0-9]Z"));
  EXPECT_GE(ts.substr(0, before.size()), before);
  EXPECT_LE(ts.substr(0, after.size()), after);
}

TEST(Log, GathersLinesUntilTheyAreFlushedOrSomethingIsWrong) {
  log::configure("test", Level::info);
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  int asked = 0;
  log::gather([&] { ++asked; });
  EXPECT_EQ(lines(logged([] {
              log::info("first");
              log::info("second");
            })),
            0);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(lines(logged(log::flush)), 2);
  log::info("third");
  EXPECT_EQ(asked, 2);
  const auto both = logged([] { log::warn("fourth"); });
  EXPECT_LT(both.find("third"), both.find("fourth"));
  log::gather({});
  EXPECT_EQ(lines(logged([] { log::info("fifth"); })), 1);
}

TEST(Log, CountsAlarmsAndNothingElse) {
  log::configure("test", Level::info);
  const auto before = alarms_logged();
  const auto at = static_cast<std::size_t>(std::ranges::find(kAlarms, "alarm.foreign_receipt") - std::begin(kAlarms));
  ASSERT_LT(at, std::size(kAlarms));
  (void)logged([] {
    log::error("alarm.foreign_receipt", {{"receipt", "a"}});
    log::error("alarm.foreign_receipt");
    log::error("foreign_receipt");
    log::error("alarm.of_nobody");
  });
  auto expected = before;
  expected[at] += 2;
  EXPECT_EQ(alarms_logged(), expected);
}

TEST(Log, BelowTheLevelIsSilent) {
  log::configure("test", Level::warn);
  EXPECT_EQ(logged([] { log::info("quiet"); }), "");
}

}  // namespace
}  // namespace kassaflow::log
