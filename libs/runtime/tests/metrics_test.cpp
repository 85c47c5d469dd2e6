#include "kassaflow/runtime/metrics.hpp"

#include <gtest/gtest.h>

namespace kassaflow::runtime {
namespace {

TEST(Metrics, CountsUnderItsLabels) {
  Metrics metrics(10);
  metrics.counter("c_total", "help", {{"tenant", "a"}}).add();
  metrics.counter("c_total", "help", {{"tenant", "a"}}).add(2);
  EXPECT_NE(metrics.exposition().find("c_total{tenant=\"a\"} 3"), std::string::npos) << metrics.exposition();
}

TEST(Metrics, BeyondTheLimitEverythingIsOther) {
  Metrics metrics(2);
  for (const auto* tenant : {"a", "b", "c", "d"}) metrics.counter("c_total", "help", {{"tenant", tenant}}).add();
  const auto text = metrics.exposition();
  EXPECT_NE(text.find("c_total{tenant=\"other\"} 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("tenant=\"c\""), std::string::npos);
}

TEST(Metrics, ForgetsGaugesThatAreNotKept) {
  Metrics metrics(10);
  metrics.gauge("g", "help", {{"pool", "a"}}).set(1);
  metrics.gauge("g", "help", {{"pool", "b"}}).set(2);
  metrics.retain("g", {{{"pool", "b"}}});
  const auto text = metrics.exposition();
  EXPECT_EQ(text.find("pool=\"a\""), std::string::npos);
  EXPECT_NE(text.find("g{pool=\"b\"} 2"), std::string::npos);
}

TEST(Metrics, HistogramsHaveBuckets) {
  Metrics metrics(10);
  metrics.histogram("h_seconds", "help", {0.1, 1}).observe(0.5);
  EXPECT_NE(metrics.exposition().find("h_seconds_bucket{le=\"1\"} 1"), std::string::npos) << metrics.exposition();
}

}  // namespace
}  // namespace kassaflow::runtime
