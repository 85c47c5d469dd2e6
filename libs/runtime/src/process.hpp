#pragma once
// What every process tells of itself: the program's version, its alarms, and what Prometheus' own clients tell of a
// process, read from /proc/self.

#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::runtime {

// At a scrape. What cannot be read stays as it was.
void show_process(metrics::Metrics& metrics);

}  // namespace kassaflow::runtime
