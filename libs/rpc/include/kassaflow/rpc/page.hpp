#pragma once
// How much of a long list one answer holds.

#include <algorithm>
#include <cstdint>

namespace kassaflow::rpc {

// What was asked for, at most 1,000; 0 asks for as many.
template <class Request>
[[nodiscard]] int page_limit(const Request& request) {
  constexpr std::uint32_t kLimit = 1000;
  return static_cast<int>(request.limit() == 0 ? kLimit : std::min(request.limit(), kLimit));
}

}  // namespace kassaflow::rpc
