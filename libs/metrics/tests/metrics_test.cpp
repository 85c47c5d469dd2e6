#include "kassaflow/metrics/metrics.hpp"

#include <gtest/gtest.h>

namespace kassaflow::metrics {
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

TEST(Metrics, WordsOfAFewStayBeyondTheLimit) {
  Metrics metrics(1);
  metrics.counter("c_total", "help", {{"tenant", "a"}, {"outcome", "done"}}).add();
  metrics.counter("c_total", "help", {{"tenant", "b"}, {"outcome", "failed"}}).add();
  EXPECT_NE(metrics.exposition().find("c_total{outcome=\"failed\",tenant=\"other\"} 1"), std::string::npos)
      << metrics.exposition();
}

TEST(Metrics, AFamilyOfGaugesIsWhatItWasLastSaidToBe) {
  Metrics metrics(10);
  metrics.gauges("g", "help", {{{{"pool", "a"}}, 1}, {{{"pool", "b"}}, 1}}, Metrics::Rest::sum);
  metrics.gauges("g", "help", {{{{"pool", "b"}}, 2}}, Metrics::Rest::sum);
  const auto text = metrics.exposition();
  EXPECT_EQ(text.find("pool=\"a\""), std::string::npos);
  EXPECT_NE(text.find("g{pool=\"b\"} 2"), std::string::npos);
}

TEST(Metrics, GaugesBeyondTheLimitAreOneSample) {
  const std::vector<Metrics::Sample> samples{{{{"pool", "a"}}, 9}, {{{"pool", "b"}}, 2}, {{{"pool", "c"}}, 3}};
  for (const auto& [rest, expected] :
       {std::pair{Metrics::Rest::sum, "5"}, std::pair{Metrics::Rest::max, "3"}, std::pair{Metrics::Rest::min, "2"}}) {
    Metrics metrics(1);
    metrics.gauges("g", "help", samples, rest);
    const auto text = metrics.exposition();
    EXPECT_NE(text.find(std::string("g{pool=\"other\"} ") + expected), std::string::npos) << text;
    EXPECT_NE(text.find("g{pool=\"a\"} 9"), std::string::npos);
  }
}

TEST(Metrics, HistogramsHaveBuckets) {
  Metrics metrics(10);
  metrics.histogram("h_seconds", "help", {0.1, 1}).observe(0.5);
  EXPECT_NE(metrics.exposition().find("h_seconds_bucket{le=\"1\"} 1"), std::string::npos) << metrics.exposition();
}

}  // namespace
}  // namespace kassaflow::metrics
