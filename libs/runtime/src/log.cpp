#include "kassaflow/runtime/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>

namespace kassaflow::runtime {
namespace {

std::string& service() {
  static std::string name = "kassaflow";
  return name;
}
std::atomic<Level> minimum{Level::info};

std::string_view word(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  __builtin_unreachable();
}

std::string now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(ms % 1000));
  return text;
}

void append_string(std::string& line, std::string_view value) {
  const auto plain = [](char c) { return c >= ' ' && c != '"' && c != '\\'; };
  if (std::all_of(value.begin(), value.end(), plain)) {
    line.append(1, '"').append(value).append(1, '"');
  } else {
    line += boost::json::serialize(boost::json::string(value));
  }
}

}  // namespace

void set_log(std::string name, Level least) {
  service() = std::move(name);
  minimum = least;
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < minimum.load(std::memory_order_relaxed)) return;
  std::string line = R"({"ts":")" + now() + R"(","level":")" + std::string(word(level)) + R"(","service":)";
  append_string(line, service());
  line += R"(,"event":)";
  append_string(line, event);
  for (const auto& field : fields) {
    line += ',';
    append_string(line, field.key());
    line += ':';
    if (const auto* text = std::get_if<std::string>(&field.value())) {
      append_string(line, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value())) {
      line += std::to_string(*number);
    } else {
      line += std::get<bool>(field.value()) ? "true" : "false";
    }
  }
  line += "}\n";
  // One write a line: lines of threads and of processes that share the stream do not mix.
  if (::write(STDERR_FILENO, line.data(), line.size()) < 0) return;  // nowhere left to say so
}

}  // namespace kassaflow::runtime
