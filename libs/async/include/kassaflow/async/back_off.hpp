#pragma once
// How long to wait before the next try.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kassaflow::async {

// After `failures` (from 0) in a row: min, 2 min, 4 min, … at most max, of which `jitter` (0..1) takes up to a half
// away, so that those who failed together do not come back together. Pure.
[[nodiscard]] inline std::chrono::milliseconds back_off(std::chrono::milliseconds min, std::chrono::milliseconds max,
                                                        int failures, double jitter) {
  constexpr int kDoublings = 20;  // a million times `min` is above every `max`, and does not overflow
  const auto full = std::min<std::int64_t>(max.count(), min.count() << std::clamp(failures, 0, kDoublings));
  return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(full) * (0.5 + jitter / 2)));
}

// At random, 0..1. Thread-safe.
[[nodiscard]] double jitter();

}  // namespace kassaflow::async
