#pragma once
// Metrics with capped labels. Look-ups by label are cached here, callers may keep the reference.
// Thread-safe. What there is stands in the catalogue (catalogue.hpp); nothing else can be made.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/metrics/catalogue.hpp"

namespace kassaflow::metrics {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
  // What is counted elsewhere and only grows; from one thread at a time. A smaller total changes nothing.
  virtual void raise_to(double total) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

using Labels = std::map<std::string, std::string>;

class Metrics {
 public:
  explicit Metrics(std::size_t label_limit);
  ~Metrics();
  // `labels`: all of the catalogue's, and no others. Beyond `label_limit` distinct label sets of one name: `other`, but
  // for labels with few values.
  Counter& counter(Name<Kind::counter> name, const Labels& labels = {});
  Gauge& gauge(Name<Kind::gauge> name, const Labels& labels = {});
  Histogram& histogram(Name<Kind::histogram> name, const Labels& labels = {});
  // A whole family of gauges as it is now; what is not among the samples is forgotten. Beyond `label_limit` the rest
  // becomes `other`, as the catalogue says: their sum, the greatest or the least.
  struct Sample {
    Labels labels;
    double value = 0;
  };
  void gauges(Name<Kind::gauge> name, const std::vector<Sample>& samples);
  [[nodiscard]] std::string exposition() const;  // Prometheus text format

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::metrics
