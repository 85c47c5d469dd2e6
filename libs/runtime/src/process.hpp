#pragma once
// What every process tells of itself: the program's version, its alarms, and what Prometheus' own clients tell of a
// process, read from /proc/self.

#include <cstddef>

#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::runtime {

// As many files as the machine lets this process have open (`ulimit -Hn`), which is how many from then on.
std::size_t allow_most_files();

// At a scrape. What cannot be read stays as it was.
void show_process(metrics::Metrics& metrics);

}  // namespace kassaflow::runtime
