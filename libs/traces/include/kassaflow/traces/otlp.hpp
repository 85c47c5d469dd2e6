#pragma once
// Spans as a collector takes them: OTLP over HTTP in its JSON form (opentelemetry-proto 1.x,
// ExportTraceServiceRequest). Pure.

#include <span>
#include <string>

#include "kassaflow/traces/spans.hpp"

namespace kassaflow::traces {

// Those that have ended; a collector takes no others. Empty when there is none.
[[nodiscard]] std::string to_otlp(std::span<const Span> spans);

}  // namespace kassaflow::traces
