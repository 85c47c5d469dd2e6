#pragma once
// A receipt's life as spans of a trace (W3C trace context, OpenTelemetry): the receipt from its first post to its end,
// each sending to a register, and check.apply. Ids are made of the receipt's, so a span that is told again is the same.
// Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kassaflow/v1/records.pb.h"

namespace kassaflow::traces {

struct Span {
  std::string trace_id;   // 32 hex digits
  std::string span_id;    // 16 hex digits
  std::string parent_id;  // as span_id; empty: the trace's root
  std::string name;       // "receipt", "attempt", "check.apply"
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;  // 0: it goes on
  bool failed = false;
  std::string detail;                                           // of a failed one
  std::vector<std::pair<std::string, std::string>> attributes;  // in the order they are shown
};

// The receipt's UUID without dashes.
[[nodiscard]] std::string trace_id(std::string_view receipt);

// The root first, then the attempts in their order. `pushed_at_ms`: when the portal acknowledged check.apply, 0: it has
// not.
[[nodiscard]] std::vector<Span> spans_of(const v1::ReceiptOutcome& outcome, std::int64_t pushed_at_ms);

}  // namespace kassaflow::traces
