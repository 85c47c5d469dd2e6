#include "kassaflow/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

#include "kassaflow/base/check.hpp"

namespace kassaflow::metrics {
namespace {

class CounterOf final : public Counter {
 public:
  explicit CounterOf(prometheus::Counter& metric) : metric_(metric) {}
  void add(double amount) override { metric_.Increment(amount); }
  void raise_to(double total) override {
    if (const double more = total - metric_.Value(); more > 0) metric_.Increment(more);
  }

 private:
  prometheus::Counter& metric_;
};

class GaugeOf final : public Gauge {
 public:
  explicit GaugeOf(prometheus::Gauge& metric) : metric_(&metric) {}
  void set(double value) override { metric_->Set(value); }
  void add(double amount) override { metric_->Increment(amount); }
  prometheus::Gauge* metric_;
};

class HistogramOf final : public Histogram {
 public:
  explicit HistogramOf(prometheus::Histogram& metric) : metric_(metric) {}
  void observe(double value) override { metric_.Observe(value); }

 private:
  prometheus::Histogram& metric_;
};

void check_labels(const Definition& definition, const Labels& labels) {
  std::size_t wanted = 0;
  for (const auto& label : definition.labels) {
    if (label.key.empty()) continue;
    ++wanted;
    check(labels.contains(std::string(label.key)), "a metric is given the labels that the catalogue names");
  }
  check(labels.size() == wanted, "a metric is given no other labels than the catalogue names");
}

Labels beyond_limit(const Definition& definition, Labels labels) {
  for (const auto& label : definition.labels) {
    if (!label.key.empty() && label.values == 0) labels[std::string(label.key)] = "other";
  }
  return labels;
}

// One name: its family at prometheus-cpp and what was handed out, by labels.
template <class Metric, class Wrapper>
struct Named {
  prometheus::Family<Metric>* family = nullptr;
  std::map<Labels, std::unique_ptr<Wrapper>> handed_out;

  template <class Builder>
  void make_family(const Definition& definition, Builder builder, prometheus::Registry& registry) {
    if (family != nullptr) return;
    family = &builder.Name(std::string(definition.name)).Help(std::string(definition.meaning)).Register(registry);
  }

  template <class... Args>
  Wrapper& get(const Definition& definition, const Labels& wanted, std::size_t limit, const Args&... args) {
    if (const auto found = handed_out.find(wanted); found != handed_out.end()) return *found->second;
    check_labels(definition, wanted);
    Labels labels = wanted;
    if (!labels.empty() && handed_out.size() >= limit) {
      labels = beyond_limit(definition, std::move(labels));
      if (const auto found = handed_out.find(labels); found != handed_out.end()) return *found->second;
    }
    return *handed_out.emplace(labels, std::make_unique<Wrapper>(family->Add(labels, args...))).first->second;
  }
};

double joined(Rest rest, double one, double other) {
  switch (rest) {
    case Rest::sum:
      return one + other;
    case Rest::max:
      return std::max(one, other);
    case Rest::min:
      return std::min(one, other);
  }
  never();
}

}  // namespace

struct Metrics::Impl {
  std::mutex mutex;
  std::size_t label_limit;
  prometheus::Registry registry;
  std::map<const Definition*, Named<prometheus::Counter, CounterOf>> counters;
  std::map<const Definition*, Named<prometheus::Gauge, GaugeOf>> gauges;
  std::map<const Definition*, Named<prometheus::Histogram, HistogramOf>> histograms;
};

Metrics::Metrics(std::size_t label_limit) : impl_(std::make_unique<Impl>()) { impl_->label_limit = label_limit; }
Metrics::~Metrics() = default;

Counter& Metrics::counter(Name<Kind::counter> name, const Labels& labels) {
  const auto& definition = name.definition();
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->counters[&definition];
  named.make_family(definition, prometheus::BuildCounter(), impl_->registry);
  return named.get(definition, labels, impl_->label_limit);
}

Gauge& Metrics::gauge(Name<Kind::gauge> name, const Labels& labels) {
  const auto& definition = name.definition();
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->gauges[&definition];
  named.make_family(definition, prometheus::BuildGauge(), impl_->registry);
  return named.get(definition, labels, impl_->label_limit);
}

Histogram& Metrics::histogram(Name<Kind::histogram> name, const Labels& labels) {
  const auto& definition = name.definition();
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->histograms[&definition];
  named.make_family(definition, prometheus::BuildHistogram(), impl_->registry);
  const prometheus::Histogram::BucketBoundaries buckets(definition.buckets.begin(), definition.buckets.end());
  return named.get(definition, labels, impl_->label_limit, buckets);
}

void Metrics::gauges(Name<Kind::gauge> name, const std::vector<Sample>& samples) {
  const auto& definition = name.definition();
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->gauges[&definition];
  named.make_family(definition, prometheus::BuildGauge(), impl_->registry);
  std::map<Labels, double> values;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto& sample = samples[i];
    check_labels(definition, sample.labels);
    const auto labels = i < impl_->label_limit ? sample.labels : beyond_limit(definition, sample.labels);
    const auto [known, fresh] = values.emplace(labels, sample.value);
    if (!fresh) known->second = joined(definition.rest, known->second, sample.value);
  }
  for (auto entry = named.handed_out.begin(); entry != named.handed_out.end();) {
    if (values.contains(entry->first)) {
      ++entry;
    } else {
      named.family->Remove(entry->second->metric_);
      entry = named.handed_out.erase(entry);
    }
  }
  for (const auto& [labels, value] : values) {
    auto found = named.handed_out.find(labels);
    if (found == named.handed_out.end()) {
      found = named.handed_out.emplace(labels, std::make_unique<GaugeOf>(named.family->Add(labels))).first;
    }
    found->second->set(value);
  }
}

std::string Metrics::exposition() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

}  // namespace kassaflow::metrics
