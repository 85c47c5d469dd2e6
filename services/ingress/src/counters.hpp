#pragma once
// The metrics of ingress (design.md 3.6). For one thread.

#include <array>
#include <string>
#include <string_view>
#include <unordered_map>

#include "acceptance.hpp"
#include "kassaflow/fiscal/warnings.hpp"
#include "kassaflow/runtime/metrics.hpp"

namespace kassaflow::ingress {

class Counters {
 public:
  explicit Counters(runtime::Metrics& metrics);
  void accepted(const std::string& tenant);
  void refused(Reason reason);
  void warned(std::string_view kind);  // of kWarningKinds
  void print_took(double seconds);

 private:
  runtime::Counter& counter_of(const std::string& tenant);

  runtime::Metrics& metrics_;
  std::array<runtime::Counter*, kReasons> refused_{};
  std::array<runtime::Counter*, fiscal::kWarningKinds.size()> warned_{};
  runtime::Histogram& print_seconds_;
  std::unordered_map<std::string, runtime::Counter*> accepted_;  // one a tenant
};

}  // namespace kassaflow::ingress
