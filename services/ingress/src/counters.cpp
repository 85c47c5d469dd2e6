#include "counters.hpp"

#include <algorithm>

namespace kassaflow::ingress {

namespace {

constexpr const char* kAccepted = "kassaflow_receipts_accepted_total";

static_assert(metrics::values_of("kassaflow_receipts_refused_total", "reason") == kReasons);
static_assert(metrics::values_of("kassaflow_limited_total", "limit") == kLimitedNames.size());
static_assert(metrics::values_of("kassaflow_receipt_warnings_total", "kind") == fiscal::kWarningKinds.size());

}  // namespace

Counters::Counters(metrics::Metrics& metrics)
    : metrics_(metrics), print_seconds_(metrics.histogram("kassaflow_print_url_seconds")) {
  // All reasons from the start, so that a rate over a new one is not lost.
  for (int i = 0; i < kReasons; ++i) {
    refused_[i] = &metrics.counter("kassaflow_receipts_refused_total",
                                   {{"reason", std::string(name_of(static_cast<Reason>(i)))}});
  }
  for (std::size_t i = 0; i < limited_.size(); ++i) {
    limited_[i] = &metrics.counter("kassaflow_limited_total", {{"limit", std::string(kLimitedNames[i])}});
  }
  for (std::size_t i = 0; i < warned_.size(); ++i) {
    warned_[i] =
        &metrics.counter("kassaflow_receipt_warnings_total", {{"kind", std::string(fiscal::kWarningKinds[i])}});
  }
  metrics.counter(kAccepted, {{"tenant", "other"}});
}

void Counters::accepted(const TenantId& tenant) { counter_of(tenant).add(); }

void Counters::refused(Reason reason) { refused_[static_cast<std::size_t>(reason)]->add(); }

void Counters::limited(Limited limit) { limited_[static_cast<std::size_t>(limit)]->add(); }

void Counters::warned(std::string_view kind) {
  const auto known = std::ranges::find(fiscal::kWarningKinds, kind);
  if (known != fiscal::kWarningKinds.end())
    warned_[static_cast<std::size_t>(known - fiscal::kWarningKinds.begin())]->add();
}

void Counters::print_took(double seconds) { print_seconds_.observe(seconds); }

metrics::Counter& Counters::counter_of(const TenantId& tenant) {
  if (const auto known = accepted_.find(tenant); known != accepted_.end()) return *known->second;
  metrics::Counter& made = metrics_.counter(kAccepted, {{"tenant", tenant.str()}});
  return *accepted_.emplace(tenant, &made).first->second;
}

}  // namespace kassaflow::ingress
