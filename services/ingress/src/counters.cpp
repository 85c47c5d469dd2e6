#include "counters.hpp"

#include <algorithm>

namespace kassaflow::ingress {

namespace {

const char* const kAccepted = "kassaflow_receipts_accepted_total";
const char* const kAcceptedHelp = "Receipts answered with a UUID.";

}  // namespace

Counters::Counters(metrics::Metrics& metrics)
    : metrics_(metrics),
      print_seconds_(metrics.histogram("kassaflow_print_url_seconds", "Time to answer PRINT_URL.",
                                       {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})) {
  // All reasons from the start, so that a rate over a new one is not lost.
  for (int i = 0; i < kReasons; ++i) {
    refused_[i] = &metrics.counter("kassaflow_receipts_refused_total", "Posts answered with ERRORS.",
                                   {{"reason", std::string(name_of(static_cast<Reason>(i)))}});
  }
  for (std::size_t i = 0; i < limited_.size(); ++i) {
    limited_[i] = &metrics.counter("kassaflow_limited_total", "Posts and callbacks refused for a time: too many.",
                                   {{"limit", std::string(kLimitedNames[i])}});
  }
  for (std::size_t i = 0; i < warned_.size(); ++i) {
    warned_[i] = &metrics.counter("kassaflow_receipt_warnings_total", "Warnings on accepted receipts.",
                                  {{"kind", std::string(fiscal::kWarningKinds[i])}});
  }
  metrics.counter(kAccepted, kAcceptedHelp, {{"tenant", "other"}});
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
  metrics::Counter& made = metrics_.counter(kAccepted, kAcceptedHelp, {{"tenant", tenant.str()}});
  return *accepted_.emplace(tenant, &made).first->second;
}

}  // namespace kassaflow::ingress
