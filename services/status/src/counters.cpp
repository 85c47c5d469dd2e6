#include "counters.hpp"

#include <iterator>
#include <string>

#include "kassaflow/bitrix24/check_apply.hpp"

namespace kassaflow::status {

static_assert(metrics::values_of("kassaflow_pushes_total", "answer") == std::size(bitrix24::kReactions) + 1);

// All are there from the start, so that a rate over a new one is not lost.
Counters::Counters(metrics::Metrics& metrics)
    : check_seconds_(metrics.histogram("kassaflow_check_url_seconds")),
      fallbacks_(metrics.counter("kassaflow_check_url_fallback_total")),
      backlog_(metrics.gauge("kassaflow_push_backlog")),
      overdue_(metrics.gauge("kassaflow_push_oldest_seconds")),
      caught_up_(metrics.gauge("kassaflow_view_caught_up")) {
  const auto add = [&](std::string_view answer) {
    pushes_[answer] = &metrics.counter("kassaflow_pushes_total", {{"answer", std::string(answer)}});
  };
  for (const auto reaction : bitrix24::kReactions) add(bitrix24::name_of(reaction));
  add(kUnreachable);
}

void Counters::check_took(double seconds) { check_seconds_.observe(seconds); }

void Counters::fell_back() { fallbacks_.add(); }

void Counters::pushed(std::string_view answer) { pushes_.at(answer)->add(); }

void Counters::show_backlog(const sql::Backlog& backlog) {
  backlog_.set(static_cast<double>(backlog.waiting));
  overdue_.set(backlog.overdue_s);
}

void Counters::show_caught_up(bool caught_up) { caught_up_.set(caught_up ? 1 : 0); }

}  // namespace kassaflow::status
