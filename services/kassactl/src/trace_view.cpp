#include "trace_view.hpp"

#include <boost/json.hpp>

namespace kassaflow::kassactl {

namespace json = boost::json;

namespace {

json::value duration(const traces::Span& span) {
  return span.end_ms == 0 ? json::value(nullptr) : json::value(span.end_ms - span.start_ms);
}

std::string two_digits(std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); }

std::string plain(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : "-"; }

// "register kkt-1, outcome printed"
std::string details(const traces::Span& span) {
  std::string text;
  for (const auto& [key, value] : span.attributes) {
    text += (text.empty() ? "" : ", ") + key.substr(key.rfind('.') + 1) + " " + value;
  }
  if (span.failed && !span.detail.empty()) text += (text.empty() ? "" : ": ") + span.detail;
  return text;
}

}  // namespace

std::string lasted(std::int64_t milliseconds) {
  constexpr std::int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
  if (milliseconds < kSecond) return std::to_string(milliseconds) + " ms";
  if (milliseconds < kMinute) {
    const auto tenths = milliseconds / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
  }
  if (milliseconds < kHour)
    return std::to_string(milliseconds / kMinute) + " min " + two_digits(milliseconds % kMinute / kSecond) + " s";
  return std::to_string(milliseconds / kHour) + " h " + two_digits(milliseconds % kHour / kMinute) + " min";
}

json::object trace_object(const std::vector<traces::Span>& spans) {
  json::array shown;
  for (const traces::Span& span : spans) {
    json::object attributes;
    for (const auto& [key, value] : span.attributes) attributes[key] = value;
    shown.push_back(
        json::object{{"name", span.name},
                     {"spanId", span.span_id},
                     {"parentSpanId", span.parent_id.empty() ? json::value(nullptr) : json::value(span.parent_id)},
                     {"startedAt", to_time(span.start_ms)},
                     {"finishedAt", to_time(span.end_ms)},
                     {"durationMs", duration(span)},
                     {"failed", span.failed},
                     {"detail", span.detail.empty() ? json::value(nullptr) : json::value(span.detail)},
                     {"attributes", std::move(attributes)}});
  }
  return {{"traceId", spans.front().trace_id}, {"spans", std::move(shown)}};
}

Table trace_table(const std::vector<traces::Span>& spans) {
  Table table = {{"SPAN", "STARTED", "FINISHED", "LASTED", "DETAILS"}};
  for (const traces::Span& span : spans) {
    table.push_back({(span.parent_id.empty() ? "" : "  ") + span.name, plain(to_time(span.start_ms)),
                     plain(to_time(span.end_ms)), span.end_ms == 0 ? "-" : lasted(span.end_ms - span.start_ms),
                     details(span)});
  }
  return table;
}

}  // namespace kassaflow::kassactl
