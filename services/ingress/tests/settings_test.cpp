#include "settings.hpp"

#include <gtest/gtest.h>

#include "kassaflow/runtime/service.hpp"
#include "test_identities.hpp"
#include "written_settings.hpp"

namespace kassaflow::ingress {
namespace {

using namespace std::chrono_literals;

IngressSettings sound() {
  IngressSettings settings;
  settings.identity = identity::files_of("ingress");
  return settings;
}

TEST(IngressSettings, DefaultsFitTogether) { EXPECT_EQ(sound().check(), ""); }

TEST(IngressSettings, SaysWhatItLacksToBeKnownByItsPeers) {
  EXPECT_EQ(IngressSettings{}.check(), "tls_authority_file cannot be read, or holds no certificate in PEM");
}

TEST(IngressSettings, Rule15_MessageTimeoutStaysBelowAShortenedDeadline) {
  for (const auto deadline : {100ms, 500ms, 1000ms, 4000ms, 30000ms}) {
    IngressSettings settings = sound();
    settings.print_deadline = deadline;
    EXPECT_LT(settings.message_timeout(), settings.print_deadline) << deadline.count();
    EXPECT_GT(settings.message_timeout(), 0ms);
    EXPECT_EQ(settings.check(), "") << deadline.count();
  }
}

TEST(IngressSettings, ConfiguredMessageTimeoutIsKeptWhenItFits) {
  EXPECT_EQ(IngressSettings{}.message_timeout(), 4000ms);
}

TEST(IngressSettings, RefusesALookupThatEatsTheDeadline) {
  IngressSettings settings = sound();
  settings.print_deadline = 100ms;
  settings.lookup_timeout = 1000ms;
  EXPECT_NE(settings.check(), "");
}

TEST(IngressSettings, StandInTheDocumentation) {
  runtime::CommonSettings common;
  IngressSettings own;
  settings::Settings keys;
  common.add_to(keys);
  own.add_to(keys);
  settings::expect_written(keys, KASSAFLOW_SETTINGS);
}

}  // namespace
}  // namespace kassaflow::ingress
