#pragma once
// The trace id that follows a receipt through logs and record headers.

#include <string>
#include <string_view>

namespace kassaflow::ingress {

// 32 lower-case hex digits: of a W3C `traceparent` when it is a valid one, else random.
[[nodiscard]] std::string trace_id(std::string_view traceparent);

}  // namespace kassaflow::ingress
