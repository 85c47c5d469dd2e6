#include "settings.hpp"

#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "kassaflow/runtime/service.hpp"
#include "test_identities.hpp"
#include "written_settings.hpp"

namespace kassaflow::fiscalizer {
namespace {

FiscalizerSettings sound() {
  FiscalizerSettings settings;
  settings.kafka.brokers = "broker:9092";
  settings.postgres = Secret("postgresql://database/kassaflow");
  settings.identity = identity::files_of("fiscalizer");
  return settings;
}

TEST(FiscalizerSettings, RefusesABackOffThatShrinks) {
  FiscalizerSettings settings = sound();
  EXPECT_EQ(settings.check(FiscalizerSettings::common()), "");
  settings.retry_min = settings.retry_max + settings::Duration(1);
  EXPECT_EQ(settings.check(FiscalizerSettings::common()), "retry_min must not be above retry_max");
}

// What a stop cuts off is uncertain, and a person may have to settle it.
TEST(FiscalizerSettings, RefusesAShutdownThatIsOverBeforeTheLongestAnswer) {
  FiscalizerSettings settings = sound();
  auto common = FiscalizerSettings::common();
  common.shutdown_deadline = std::chrono::seconds(135);
  EXPECT_EQ(settings.check(common), "");
  common.shutdown_deadline = std::chrono::seconds(25);
  EXPECT_EQ(settings.check(common),
            "shutdown_deadline (25s) must be at least 135s: an answer under way may take bit_connect_timeout + "
            "bit_timeout (125s), and settling it 10s");
  settings.durations.at("bit_timeout") = std::chrono::seconds(2);
  settings.durations.at("itkassa_timeout") = std::chrono::seconds(16);
  EXPECT_EQ(settings.check(common),
            "shutdown_deadline (25s) must be at least 26s: an answer under way may take itkassa_timeout (16s), and "
            "settling it 10s");
  settings.durations.at("itkassa_timeout") = std::chrono::seconds(15);
  EXPECT_EQ(settings.check(common), "");
}

TEST(FiscalizerSettings, AndTheJournalsLimitsBeginAlike) {
  EXPECT_EQ(Limits{}.refusals_before_held, FiscalizerSettings{}.refusals_before_held);
}

TEST(FiscalizerSettings, StandInTheDocumentation) {
  auto common = FiscalizerSettings::common();
  FiscalizerSettings own;
  settings::Settings keys;
  common.add_to(keys);
  own.add_to(keys);
  settings::expect_written(keys, KASSAFLOW_SETTINGS);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
