#pragma once
// A receipt's trace as operators see it. Pure.

#include <boost/json/object.hpp>
#include <cstdint>
#include <vector>

#include "kassaflow/traces/spans.hpp"
#include "output.hpp"

namespace kassaflow::kassactl {

[[nodiscard]] boost::json::object trace_object(const std::vector<traces::Span>& spans);
[[nodiscard]] Table trace_table(const std::vector<traces::Span>& spans);
// "350 ms", "4.2 s", "3 min 20 s", "2 h 05 min".
[[nodiscard]] std::string lasted(std::int64_t milliseconds);

}  // namespace kassaflow::kassactl
