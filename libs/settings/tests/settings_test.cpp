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
    settings_.host(host_, "host", "a host");
    settings_.peer(peer_, "peer", "a peer");
    settings_.peers(peers_, "peers", "peers");
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
  std::string host_ = "127.0.0.1";
  std::string peer_;
  std::string peers_ = "one:1";
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

INSTANTIATE_TEST_SUITE_P(
    Table, BadSettings,
    testing::Values(Bad{"name: a\nflavour: red\n", ":2: unknown key flavour"},
                    Bad{"port: 65536", "a number from 0 to 65535"}, Bad{"port: 1x", "is not allowed for port"},
                    Bad{"pause: 5", "500ms, 5s"}, Bad{"pause: 9ms", "from 10ms to 1h"}, Bad{"pause: -5s", "a duration"},
                    Bad{"flag: yes-please", "true or false"}, Bad{"name: [1]", "single value"},
                    Bad{"- a\n", "must be a map"}, Bad{"limit: 11", "a number of bytes from 1 to 10"},
                    Bad{"host: a b", "an IP address or a host name"}, Bad{"host: \"\"", "a host name"},
                    Bad{"peer: one", "give host:port"}, Bad{"peer: one:0", "host:port"},
                    Bad{"peer: one:1,two:2", "host:port"}, Bad{"peer: \"::1:5\"", "host:port"},
                    Bad{"peers: one:1,two", "host:port["}, Bad{"limit: -1", "from 1 to 10"},
                    Bad{"colour: blue", "give red | green"}, Bad{"key_file: /does/not/exist", "a readable file"}));

TEST_F(SettingsTest, AddressesAreTakenInEveryForm) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "::", "[::1]", "db-1.example_net"}) {
    EXPECT_TRUE(settings_.load("", {{"KASSAFLOW_HOST", host}}).empty()) << host;
    EXPECT_EQ(host_, host);
  }
  for (const char* peer : {"", "db.example:5432", "10.0.0.1:1", "[2001:db8::1]:65535"}) {
    EXPECT_TRUE(settings_.load("", {{"KASSAFLOW_PEER", peer}, {"KASSAFLOW_PEERS", peer}}).empty()) << peer;
    EXPECT_EQ(peer_, peer);
    EXPECT_EQ(peers_, peer);
  }
  EXPECT_TRUE(settings_.load("", {{"KASSAFLOW_PEERS", "one:1,two:2"}}).empty());
}

// A value may have been meant for another key, and hold a password; a line that is not YAML may be one.
TEST_F(SettingsTest, NothingThatWasGivenIsQuoted) {
  constexpr const char* kUri = "postgresql://user:CANARY@db/name";
  for (const char* key : {"PAUSE", "PORT", "FLAG", "LIMIT", "COLOUR", "HOST", "PEER", "PEERS", "KEY_FILE"}) {
    const auto problems = settings_.load("", {{std::string("KASSAFLOW_") + key, kUri}});
    ASSERT_EQ(problems.size(), 1U) << key;
    EXPECT_EQ(problems[0].find("CANARY"), std::string::npos) << problems[0];
    EXPECT_NE(problems[0].find(key), std::string::npos) << problems[0];
  }
  const std::string uri = kUri;
  const std::vector<std::string> files{"port: " + uri,       uri,
                                       uri + ": 1",          "name " + uri + ": 1",
                                       "- " + uri,           "\"" + uri,
                                       "key: *CANARY",       "key: &CANARY *CANARY",
                                       "key: !CANARY! x",    "%YAML " + uri,
                                       "%CANARY " + uri,     "key: [" + uri,
                                       "key: {" + uri,       "key: |" + uri,
                                       "key: @CANARY",       "key: `CANARY",
                                       "? " + uri + "\n? x", uri + "\n\tCANARY:",
                                       "key: \"\\CANARY\"",  "CANARY: 1",
                                       "? [" + uri + "]\n:", "key: {CANARY: 1}"};
  for (const std::string& yaml : files) {
    for (const auto& problem : settings_.load(file(yaml), {})) {
      EXPECT_EQ(problem.find("CANARY"), std::string::npos) << yaml << " → " << problem;
    }
  }
}

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
