#pragma once
// The metrics of ingress (design.md 3.6). For one thread.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "acceptance.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/fiscal/warnings.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::ingress {

// What was asked too much of: the label `limit` of kassaflow_limited_total.
enum class Limited : std::uint8_t { receipt, installation, tenant, callback_token, callback_tenant };
inline constexpr std::array<std::string_view, 5> kLimitedNames{"receipt", "installation", "tenant", "callback_token",
                                                               "callback_tenant"};
[[nodiscard]] constexpr std::string_view name_of(Limited limit) {
  return kLimitedNames.at(static_cast<std::size_t>(limit));
}

class Counters {
 public:
  explicit Counters(metrics::Metrics& metrics);
  void accepted(const TenantId& tenant);
  void refused(Reason reason);
  void limited(Limited limit);
  void warned(std::string_view kind);  // of kWarningKinds
  void print_took(double seconds);

 private:
  metrics::Counter& counter_of(const TenantId& tenant);

  metrics::Metrics& metrics_;
  std::array<metrics::Counter*, kReasons> refused_{};
  std::array<metrics::Counter*, kLimitedNames.size()> limited_{};
  std::array<metrics::Counter*, fiscal::kWarningKinds.size()> warned_{};
  metrics::Histogram& print_seconds_;
  std::unordered_map<TenantId, metrics::Counter*> accepted_;  // one a tenant
};

}  // namespace kassaflow::ingress
