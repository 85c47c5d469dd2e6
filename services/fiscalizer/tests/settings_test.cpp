#include "settings.hpp"

#include <gtest/gtest.h>

#include "journal/journal.hpp"
#include "kassaflow/runtime/service.hpp"
#include "written_settings.hpp"

namespace kassaflow::fiscalizer {
namespace {

TEST(FiscalizerSettings, RefusesABackOffThatShrinks) {
  FiscalizerSettings settings;
  settings.kafka.brokers = "broker:9092";
  EXPECT_EQ(settings.check(), "");
  settings.retry_min = settings.retry_max + settings::Duration(1);
  EXPECT_EQ(settings.check(), "retry_min must not be above retry_max");
}

TEST(FiscalizerSettings, AndTheJournalsLimitsBeginAlike) {
  EXPECT_EQ(Limits{}.refusals_before_held, FiscalizerSettings{}.refusals_before_held);
}

TEST(FiscalizerSettings, StandInTheDocumentation) {
  runtime::CommonSettings common;
  FiscalizerSettings own;
  settings::Settings keys;
  common.add_to(keys);
  own.add_to(keys);
  settings::expect_written(keys, KASSAFLOW_SETTINGS);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
