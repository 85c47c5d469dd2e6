#pragma once
// The metrics of status (libs/metrics, catalogue.hpp). Thread-safe.

#include <map>
#include <string_view>

#include "kassaflow/metrics/metrics.hpp"
#include "push_sql.hpp"

namespace kassaflow::status {

// The answer of a portal that gave none; the others are names of bitrix24::Reaction.
inline constexpr std::string_view kUnreachable = "unreachable";

class Counters {
 public:
  explicit Counters(metrics::Metrics& metrics);

  void check_took(double seconds);
  void fell_back();  // WAIT, because the view could not be asked
  void pushed(std::string_view answer);

  void show_backlog(const sql::Backlog& backlog);
  void show_caught_up(bool caught_up);

 private:
  std::map<std::string_view, metrics::Counter*> pushes_;
  metrics::Histogram& check_seconds_;
  metrics::Counter& fallbacks_;
  metrics::Gauge& backlog_;
  metrics::Gauge& overdue_;
  metrics::Gauge& caught_up_;
};

}  // namespace kassaflow::status
