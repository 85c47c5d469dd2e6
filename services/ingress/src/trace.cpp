#include "trace.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

#include "kassaflow/base/random.hpp"

namespace kassaflow::ingress {

namespace {

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string trace_id(std::string_view traceparent) {
  // version "-" trace-id "-" parent-id "-" flags
  constexpr std::size_t kLength = 55;
  if (traceparent.size() >= kLength && traceparent[2] == '-' && traceparent[35] == '-') {
    const std::string_view id = traceparent.substr(3, 32);
    if (is_hex(id) && id.find_first_not_of('0') != std::string_view::npos) return std::string(id);
  }
  const auto bytes = random_bytes();
  std::array<char, 33> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

}  // namespace kassaflow::ingress
