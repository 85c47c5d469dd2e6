#include "trace.hpp"

#include <algorithm>

#include "kassaflow/base/random.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::ingress {

std::string trace_id(std::string_view traceparent) {
  // version "-" trace-id "-" parent-id "-" flags
  constexpr std::size_t kLength = 55;
  if (traceparent.size() >= kLength && traceparent[2] == '-' && traceparent[35] == '-') {
    const std::string_view id = traceparent.substr(3, 32);
    if (std::ranges::all_of(id, ascii::is_lower_hex) && id.find_first_not_of('0') != std::string_view::npos)
      return std::string(id);
  }
  return hex(random_bytes());
}

}  // namespace kassaflow::ingress
