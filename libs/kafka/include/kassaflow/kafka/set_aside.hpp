#pragma once
// A record that a reader does not take in: it is kept with its bytes, and the records behind it go on.

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/base/check.hpp"
#include "kassaflow/kafka/record.hpp"

namespace kassaflow::kafka {

enum class Why : std::uint8_t {
  unreadable,     // this version does not understand it
  out_of_limits,  // a field holds more than it may
  foreign,        // of one tenant, and it names what is another's
  refused,        // the store does not take it
};
inline constexpr std::array kWhys{Why::unreadable, Why::out_of_limits, Why::foreign, Why::refused};

// The word in tables and metrics; it does not change.
[[nodiscard]] constexpr std::string_view to_string(Why why) {
  switch (why) {
    case Why::unreadable:
      return "unreadable";
    case Why::out_of_limits:
      return "out_of_limits";
    case Why::foreign:
      return "foreign";
    case Why::refused:
      return "refused";
  }
  never();
}

// How long: three times as long as posts and outcomes stay in Kafka. What a receipt's content hangs on is kept with it.
inline constexpr std::chrono::hours kSetAsideKept{90 * 24};
// Of its key, where it is listed: bytes.
inline constexpr int kKeyShown = 200;

struct SetAside {
  Record record;
  Why why = Why::unreadable;
  std::string detail;  // English, for operators
};

}  // namespace kassaflow::kafka
