#include "kassaflow/settings/settings.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace kassaflow::settings {
namespace {

using namespace std::chrono_literals;

enum class Colour : std::uint8_t { red, green };
constexpr Words<Colour, 2> kColours{{{"red", Colour::red}, {"green", Colour::green}}};

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    settings_.text(name_, "name", "a name");
    settings_.duration(pause_, "pause", 10ms, 1h, "a pause");
    settings_.port(port_, "port", "a port");
    settings_.flag(flag_, "flag", "a flag");
    settings_.secret(key_, "key", "a key");
    settings_.number<std::size_t>(limit_, "limit", 1, 10, "bytes", "a limit");
    settings_.choice(colour_, "colour", kColours, "a colour");
  }
  ~SettingsTest() override { std::filesystem::remove(path_); }
  std::string file(const std::string& text) {
    std::ofstream(path_) << text;
    return path_;
  }

  std::string path_ = testing::TempDir() + "settings_test_" + std::to_string(getpid()) + ".yaml";
  std::string name_ = "default";
  Duration pause_{5000};
  std::uint16_t port_ = 80;
  bool flag_ = false;
  Secret key_;
  std::size_t limit_ = 7;
  Colour colour_ = Colour::green;
  Settings settings_;
};

TEST_F(SettingsTest, TheEnvironmentOverridesTheFile) {
  const auto problems =
      settings_.load(file("name: file\npause: 500ms\nport: 8080\nflag: true\nkey: s3\nlimit: 10\ncolour: red\n"),
                     {{"KASSAFLOW_PAUSE", "2m"}, {"KASSAFLOW_OTHER", "x"}});
  EXPECT_TRUE(problems.empty()) << problems.front();
  EXPECT_EQ(name_, "file");
  EXPECT_EQ(pause_, 2min);
  EXPECT_EQ(port_, 8080);
  EXPECT_TRUE(flag_);
  EXPECT_EQ(limit_, 10U);
  EXPECT_EQ(colour_, Colour::red);
  EXPECT_EQ(key_.reveal(), "s3");
}

struct Bad {
  const char* yaml;
  const char* expected;
};

class BadSettings : public SettingsTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadSettings, AreNamedWithLineAndWayOut) {
  const auto problems = settings_.load(file(GetParam().yaml), {});
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find(GetParam().expected), std::string::npos) << problems[0];
}

INSTANTIATE_TEST_SUITE_P(Table, BadSettings,
                         testing::Values(Bad{"name: a\nflavour: red\n", ":2: unknown key flavour"},
                                         Bad{"port: 65536", "a number from 0 to 65535"},
                                         Bad{"port: 1x", "\"1x\" is not allowed"}, Bad{"pause: 5", "500ms, 5s"},
                                         Bad{"pause: 9ms", "from 10ms to 1h"}, Bad{"pause: -5s", "a duration"},
                                         Bad{"flag: yes-please", "true or false"}, Bad{"name: [1]", "single value"},
                                         Bad{"- a\n", "must be a map"},
                                         Bad{"limit: 11", "a number of bytes from 1 to 10"},
                                         Bad{"limit: -1", "from 1 to 10"}, Bad{"colour: blue", "give red | green"},
                                         Bad{"key_file: /does/not/exist", "a readable file"}));

TEST_F(SettingsTest, AnUnreadableFileIsAProblem) { EXPECT_EQ(settings_.load("/does/not/exist.yaml", {}).size(), 1U); }

TEST_F(SettingsTest, ASecretMayComeFromAFileWithoutItsLineEnd) {
  const auto secret = file("top-secret\n");
  EXPECT_TRUE(settings_.load("", {{"KASSAFLOW_KEY_FILE", secret}}).empty());
  EXPECT_EQ(key_.reveal(), "top-secret");
}

TEST_F(SettingsTest, TheDefaultConfigIsValidAndNamesEveryKey) {
  const auto yaml = settings_.default_yaml();
  for (const auto* word :
       {"name: default", "pause: 5s", "port: 80", "flag: false", "# key:", "KASSAFLOW_PAUSE", "a pause"}) {
    EXPECT_NE(yaml.find(word), std::string::npos) << word;
  }
  EXPECT_TRUE(settings_.load(file(yaml), {}).empty());
}

TEST(SettingsDeathTest, ADefaultOutsideItsBoundsIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Settings settings;
  int answers = 0;
  Duration pause{5};
  EXPECT_DEATH(settings.number(answers, "answers", 1, 2, "answers", "text"), "default is within its bounds");
  EXPECT_DEATH(settings.duration(pause, "pause", 10ms, 1h, "text"), "default is within its bounds");
}

}  // namespace
}  // namespace kassaflow::settings
