#include "kassaflow/traces/otlp.hpp"

#include <boost/json.hpp>

namespace kassaflow::traces {

namespace {

namespace json = boost::json;

json::object attribute(const std::string& key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

std::string nanoseconds(std::int64_t unix_ms) { return std::to_string(unix_ms) + "000000"; }

json::object to_object(const Span& span) {
  constexpr int kInternal = 1;  // SPAN_KIND_INTERNAL
  constexpr int kError = 2;     // STATUS_CODE_ERROR
  json::array attributes;
  for (const auto& [key, value] : span.attributes) attributes.push_back(attribute(key, value));
  json::object object{{"traceId", span.trace_id},
                      {"spanId", span.span_id},
                      {"name", span.name},
                      {"kind", kInternal},
                      {"startTimeUnixNano", nanoseconds(span.start_ms)},
                      {"endTimeUnixNano", nanoseconds(span.end_ms)},
                      {"attributes", std::move(attributes)}};
  if (!span.parent_id.empty()) object["parentSpanId"] = span.parent_id;
  if (span.failed) object["status"] = {{"code", kError}, {"message", span.detail}};
  return object;
}

}  // namespace

std::string to_otlp(std::span<const Span> spans) {
  json::array ended;
  for (const Span& span : spans) {
    if (span.end_ms != 0) ended.push_back(to_object(span));
  }
  if (ended.empty()) return {};
  const json::object request{{"resourceSpans",
                              {{{"resource", {{"attributes", json::array{attribute("service.name", "kassaflow")}}}},
                                {"scopeSpans", {{{"scope", {{"name", "kassaflow"}}}, {"spans", std::move(ended)}}}}}}}};
  return json::serialize(request);
}

}  // namespace kassaflow::traces
