#include "kassaflow/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace kassaflow::metrics {
namespace {

TEST(Metrics, CountsUnderItsLabels) {
  Metrics metrics(10);
  metrics.counter("kassaflow_receipts_accepted_total", {{"tenant", "a"}}).add();
  metrics.counter("kassaflow_receipts_accepted_total", {{"tenant", "a"}}).add(2);
  EXPECT_NE(metrics.exposition().find("kassaflow_receipts_accepted_total{tenant=\"a\"} 3"), std::string::npos)
      << metrics.exposition();
}

TEST(Metrics, ATotalThatIsCountedElsewhereNeverFalls) {
  Metrics metrics(10);
  auto& counter = metrics.counter("process_cpu_seconds_total");
  counter.raise_to(3);
  counter.raise_to(5);
  counter.raise_to(4);
  EXPECT_NE(metrics.exposition().find("process_cpu_seconds_total 5"), std::string::npos) << metrics.exposition();
}

TEST(Metrics, BeyondTheLimitEverythingIsOther) {
  Metrics metrics(2);
  for (const auto* tenant : {"a", "b", "c", "d"}) {
    metrics.counter("kassaflow_receipts_accepted_total", {{"tenant", tenant}}).add();
  }
  const auto text = metrics.exposition();
  EXPECT_NE(text.find("kassaflow_receipts_accepted_total{tenant=\"other\"} 2"), std::string::npos) << text;
  EXPECT_EQ(text.find("tenant=\"c\""), std::string::npos);
}

TEST(Metrics, WordsOfAFewStayBeyondTheLimit) {
  Metrics metrics(1);
  metrics.counter("kassaflow_receipts_finished_total", {{"tenant", "a"}, {"outcome", "done"}}).add();
  metrics.counter("kassaflow_receipts_finished_total", {{"tenant", "b"}, {"outcome", "failed"}}).add();
  EXPECT_NE(metrics.exposition().find("kassaflow_receipts_finished_total{outcome=\"failed\",tenant=\"other\"} 1"),
            std::string::npos)
      << metrics.exposition();
}

TEST(Metrics, AFamilyOfGaugesIsWhatItWasLastSaidToBe) {
  Metrics metrics(10);
  metrics.gauges("kassaflow_queue_depth", {{{{"pool", "a"}}, 1}, {{{"pool", "b"}}, 1}});
  metrics.gauges("kassaflow_queue_depth", {{{{"pool", "b"}}, 2}});
  const auto text = metrics.exposition();
  EXPECT_EQ(text.find("pool=\"a\""), std::string::npos);
  EXPECT_NE(text.find("kassaflow_queue_depth{pool=\"b\"} 2"), std::string::npos);
}

std::string shown(const char* label, const std::function<void(Metrics&, const std::vector<Metrics::Sample>&)>& show) {
  Metrics metrics(1);
  std::vector<Metrics::Sample> samples;
  for (const auto& [name, value] : {std::pair{"a", 9.0}, std::pair{"b", 2.0}, std::pair{"c", 3.0}}) {
    samples.push_back({{{label, name}}, value});
  }
  show(metrics, samples);
  return metrics.exposition();
}

TEST(Metrics, GaugesBeyondTheLimitAreOneSample) {
  const auto sum = shown("pool", [](auto& metrics, const auto& all) { metrics.gauges("kassaflow_queue_depth", all); });
  EXPECT_NE(sum.find("kassaflow_queue_depth{pool=\"other\"} 5"), std::string::npos) << sum;
  EXPECT_NE(sum.find("kassaflow_queue_depth{pool=\"a\"} 9"), std::string::npos) << sum;
  const auto max =
      shown("pool", [](auto& metrics, const auto& all) { metrics.gauges("kassaflow_queue_oldest_seconds", all); });
  EXPECT_NE(max.find("kassaflow_queue_oldest_seconds{pool=\"other\"} 3"), std::string::npos) << max;
  const auto min =
      shown("register", [](auto& metrics, const auto& all) { metrics.gauges("kassaflow_register_up", all); });
  EXPECT_NE(min.find("kassaflow_register_up{register=\"other\"} 2"), std::string::npos) << min;
}

TEST(Metrics, GaugesBeyondTheLimitKeepTheWordsOfAFew) {
  Metrics metrics(1);
  metrics.gauges("kassaflow_register_down", {{{{"register", "a"}, {"cause", "storage"}}, 1},
                                             {{{"register", "b"}, {"cause", "shift"}}, 1},
                                             {{{"register", "c"}, {"cause", "shift"}}, 1}});
  EXPECT_NE(metrics.exposition().find("kassaflow_register_down{cause=\"shift\",register=\"other\"} 2"),
            std::string::npos)
      << metrics.exposition();
}

TEST(Metrics, HistogramsHaveTheBucketsOfTheCatalogue) {
  Metrics metrics(10);
  metrics.histogram("kassaflow_receipt_seconds").observe(0.5);
  const auto text = metrics.exposition();
  EXPECT_NE(text.find("kassaflow_receipt_seconds_bucket{le=\"0.25\"} 0"), std::string::npos) << text;
  EXPECT_NE(text.find("kassaflow_receipt_seconds_bucket{le=\"0.5\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("kassaflow_receipt_seconds_bucket{le=\"3600\"} 1"), std::string::npos) << text;
}

using MetricsDeathTest = testing::Test;

TEST_F(MetricsDeathTest, OtherLabelsThanTheCatalogueNamesAreABug) {
  Metrics metrics(10);
  EXPECT_DEATH(metrics.counter("kassaflow_receipts_accepted_total"), "check.failed");
  EXPECT_DEATH(metrics.counter("kassaflow_receipts_accepted_total", {{"pool", "a"}}), "check.failed");
  EXPECT_DEATH(metrics.counter("kassaflow_receipts_accepted_total", {{"tenant", "a"}, {"pool", "b"}}), "check.failed");
}

TEST(Catalogue, NamesSayWhatTheyAre) {
  std::set<std::string_view> names;
  for (const auto& one : kCatalogue) {
    SCOPED_TRACE(one.name);
    EXPECT_TRUE(names.insert(one.name).second) << "twice";
    EXPECT_TRUE(one.name.starts_with("kassaflow_") || one.name.starts_with("process_"));
    EXPECT_EQ(one.name.ends_with("_total"), one.kind == Kind::counter);
    EXPECT_EQ(!one.buckets.empty(), one.kind == Kind::histogram);
    EXPECT_TRUE(std::ranges::is_sorted(one.buckets));
    EXPECT_TRUE(one.meaning.ends_with('.')) << "a sentence";
    EXPECT_FALSE(one.services.empty());
  }
}

}  // namespace
}  // namespace kassaflow::metrics
