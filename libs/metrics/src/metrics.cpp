#include "kassaflow/metrics/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

namespace kassaflow::metrics {
namespace {

using Labels = std::map<std::string, std::string>;

class CounterOf final : public Counter {
 public:
  explicit CounterOf(prometheus::Counter& metric) : metric_(metric) {}
  void add(double amount) override { metric_.Increment(amount); }

 private:
  prometheus::Counter& metric_;
};

class GaugeOf final : public Gauge {
 public:
  explicit GaugeOf(prometheus::Gauge& metric) : metric_(&metric) {}
  void set(double value) override { metric_->Set(value); }
  prometheus::Gauge* metric_;
};

class HistogramOf final : public Histogram {
 public:
  explicit HistogramOf(prometheus::Histogram& metric) : metric_(metric) {}
  void observe(double value) override { metric_.Observe(value); }

 private:
  prometheus::Histogram& metric_;
};

// One name: its family at prometheus-cpp and what was handed out, by labels.
template <class Metric, class Wrapper>
struct Named {
  prometheus::Family<Metric>* family = nullptr;
  std::map<Labels, std::unique_ptr<Wrapper>> handed_out;

  template <class... Args>
  Wrapper& get(const Labels& wanted, std::size_t limit, const Args&... args) {
    if (const auto found = handed_out.find(wanted); found != handed_out.end()) return *found->second;
    Labels labels = wanted;
    if (!labels.empty() && handed_out.size() >= limit) {
      for (auto& [key, value] : labels) {
        if (key != "outcome" && key != "reason") value = "other";
      }
      if (const auto found = handed_out.find(labels); found != handed_out.end()) return *found->second;
    }
    return *handed_out.emplace(labels, std::make_unique<Wrapper>(family->Add(labels, args...))).first->second;
  }
};

}  // namespace

struct Metrics::Impl {
  std::mutex mutex;
  std::size_t label_limit;
  prometheus::Registry registry;
  std::map<std::string, Named<prometheus::Counter, CounterOf>> counters;
  std::map<std::string, Named<prometheus::Gauge, GaugeOf>> gauges;
  std::map<std::string, Named<prometheus::Histogram, HistogramOf>> histograms;
};

Metrics::Metrics(std::size_t label_limit) : impl_(std::make_unique<Impl>()) { impl_->label_limit = label_limit; }
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->counters[name];
  if (named.family == nullptr)
    named.family = &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
  return named.get(labels, impl_->label_limit);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->gauges[name];
  if (named.family == nullptr) named.family = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  return named.get(labels, impl_->label_limit);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                              const Labels& labels) {
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->histograms[name];
  if (named.family == nullptr)
    named.family = &prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
  return named.get(labels, impl_->label_limit, prometheus::Histogram::BucketBoundaries(buckets));
}

void Metrics::gauges(const std::string& name, const std::string& help, const std::vector<Sample>& samples, Rest rest) {
  const std::lock_guard lock(impl_->mutex);
  auto& named = impl_->gauges[name];
  if (named.family == nullptr) named.family = &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
  std::map<Labels, double> values;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Labels labels = samples[i].labels;
    if (i >= impl_->label_limit) {
      for (auto& [key, value] : labels) value = "other";
    }
    const auto [known, fresh] = values.emplace(labels, samples[i].value);
    if (fresh) continue;
    known->second = rest == Rest::sum   ? known->second + samples[i].value
                    : rest == Rest::max ? std::max(known->second, samples[i].value)
                                        : std::min(known->second, samples[i].value);
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
