#pragma once
// Whether the work of a reader grows in proportion to what it reads: twice the size may cost 2.2 times the work. One
// reading of an input is compared with as many readings of a piece of it as make up its length, usually 64: a quadratic
// reader is 64 times too dear then, and six doublings at 2.2 leave 1.77 times.
//
// What is counted is CPU time of the calling thread, not instructions: performance counters are closed in most
// containers, and a memmove of any length is one instruction there. CPU time is not the time that passes: waiting for a
// processor is not in it. What is left of a loaded machine (caches, a neighbour on the same core, a hypervisor) takes
// the same share of both samples, since they are equally long and taken in turns, and of each the least of many counts.
// The first round that shows the proportion ends the test, so that only a disturbance of every round would fail it.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ctime>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

namespace kassaflow::cost {

// Of about `bytes`.
using Make = std::function<std::string(std::size_t bytes)>;
using Read = std::function<void(std::string_view input)>;

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;  // its own books are not in proportion
#else
inline constexpr bool kSanitized = false;
#endif

namespace detail {

constexpr double kAllowed = 1.1;          // a doubling, beyond twice
constexpr double kHopeless = 3;           // times what is allowed: no disturbance makes that of several rounds
constexpr double kShortest_ns = 200'000;  // of a sample that counts
constexpr int kHopelessRounds = 3;
constexpr int kMostRounds = 25;

inline double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

inline double took_ns(const Read& read, std::string_view input, std::size_t times) {
  const double begin = cpu_ns();
  for (std::size_t i = 0; i < times; ++i) read(input);
  return cpu_ns() - begin;
}

}  // namespace detail

// `largest`: bytes of the largest input, at least 32.
inline testing::AssertionResult in_proportion(const Make& make, const Read& read, std::size_t largest) {
  using namespace detail;
  constexpr std::size_t kParts = 64;
  constexpr std::size_t kSmallest = 16;
  const std::string whole = make(largest);
  const std::string part = make(std::max(largest / kParts, kSmallest));
  const std::size_t parts = std::max<std::size_t>(whole.size() / part.size(), 1);
  const double allowed = std::pow(kAllowed, std::log2(parts));

  double parts_ns = std::numeric_limits<double>::max();  // least of one reading
  double whole_ns = std::numeric_limits<double>::max();
  std::size_t times = 1;
  for (int round = 1; round <= kMostRounds; ++round) {
    const double of_parts_ns = took_ns(read, part, parts * times);
    const double of_whole_ns = took_ns(read, whole, times);
    parts_ns = std::min(parts_ns, of_parts_ns / static_cast<double>(times));
    whole_ns = std::min(whole_ns, of_whole_ns / static_cast<double>(times));
    const double longer_ns = std::max({of_parts_ns, of_whole_ns, 1.0});
    if (longer_ns < kShortest_ns) {
      times *= static_cast<std::size_t>(std::ceil(kShortest_ns / longer_ns)) + 1;
      continue;
    }
    if (whole_ns <= allowed * parts_ns) return testing::AssertionSuccess();
    if (round >= kHopelessRounds && whole_ns > kHopeless * allowed * parts_ns) break;
  }
  return testing::AssertionFailure() << whole.size() << " bytes cost " << whole_ns / parts_ns << " times as much as "
                                     << parts << " readings of " << part.size() << " bytes; " << allowed
                                     << " is allowed";
}

}  // namespace kassaflow::cost
