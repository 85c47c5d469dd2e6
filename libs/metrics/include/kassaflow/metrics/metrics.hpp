#pragma once
// Metrics with capped labels. Look-ups by label are cached here, callers may keep the reference.
// Thread-safe. Names are those of the contract (design.md 3.6).

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace kassaflow::metrics {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;
};

class Metrics {
 public:
  explicit Metrics(std::size_t label_limit);
  ~Metrics();
  // The same name must be asked with the same label keys. Beyond `label_limit` distinct label sets of one name: label
  // values `other`, except of labels with few values (outcome, reason).
  Counter& counter(const std::string& name, const std::string& help,
                   const std::map<std::string, std::string>& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const std::map<std::string, std::string>& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& buckets,
                       const std::map<std::string, std::string>& labels = {});
  // A whole family of gauges as it is now; what is not among the samples is forgotten. Beyond `label_limit` the rest is
  // one sample `other`.
  struct Sample {
    std::map<std::string, std::string> labels;
    double value = 0;
  };
  enum class Rest : std::uint8_t { sum, max, min };
  void gauges(const std::string& name, const std::string& help, const std::vector<Sample>& samples, Rest rest);
  [[nodiscard]] std::string exposition() const;  // Prometheus text format

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kassaflow::metrics
