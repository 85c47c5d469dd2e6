#include "kassaflow/log/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>

#include "kassaflow/log/alarms.hpp"
#include "kassaflow/text/visible.hpp"

namespace kassaflow::log {
namespace {

std::string& service() {
  static std::string name = "kassaflow";
  return name;
}
std::atomic<Level> minimum{Level::info};
constexpr std::size_t kLine = 512;            // bytes; longer ones grow
constexpr std::size_t kGathered = 16 * 1024;  // bytes that are written although nobody flushed

// Lines that wait to be written.
struct Waiting {
  std::mutex mutex;
  std::string lines;
  std::function<void()> soon;
};
Waiting& waiting() {
  static Waiting lines;
  return lines;
}

// One write: lines of processes that share the stream do not mix.
void write_out(std::string& lines) {
  const auto written = ::write(STDERR_FILENO, lines.data(), lines.size());
  static_cast<void>(written);  // nowhere left to say that it failed
  lines.clear();
}

std::string_view word(Level level) {
  constexpr std::array<std::string_view, 4> kWords{"debug", "info", "warn", "error"};
  return kWords.at(static_cast<std::size_t>(level));
}

// The text of a second is made once: most lines follow another of the same.
void append_now(std::string& line) {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  thread_local std::time_t second = -1;
  thread_local char text[32] = {};
  if (second != ms / 1000) {
    second = ms / 1000;
    std::tm utc{};
    gmtime_r(&second, &utc);
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &utc);
  }
  const auto rest = static_cast<int>(ms % 1000);
  line += text;
  line += {static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
           static_cast<char>('0' + rest % 10), 'Z'};
}

std::array<std::atomic<std::uint64_t>, std::size(kAlarms)> alarms{};

void count_alarm(std::string_view event) {
  const auto* known = std::ranges::lower_bound(kAlarms, event);
  if (known != std::end(kAlarms) && *known == event) {
    alarms[static_cast<std::size_t>(known - std::begin(kAlarms))].fetch_add(1, std::memory_order_relaxed);
  }
}
static_assert(std::ranges::is_sorted(kAlarms));

}  // namespace

std::array<std::uint64_t, std::size(kAlarms)> alarms_logged() {
  std::array<std::uint64_t, std::size(kAlarms)> counts{};
  std::ranges::transform(alarms, counts.begin(), [](const auto& one) { return one.load(std::memory_order_relaxed); });
  return counts;
}

void configure(std::string name, Level least) {
  service() = std::move(name);
  minimum = least;
}

void write(Level level, std::string_view event, std::span<const Field> fields) {
  if (level == Level::error && event.starts_with(kAlarmPrefix)) count_alarm(event);
  if (level < minimum.load(std::memory_order_relaxed)) return;
  std::string line;
  line.reserve(kLine);
  line += R"({"ts":")";
  append_now(line);
  line += R"(","level":")";
  line += word(level);
  line += R"(","service":)";
  append_json(line, service());
  line += R"(,"event":)";
  append_json(line, event);
  for (const auto& field : fields) {
    line += ',';
    append_json(line, field.key());
    line += ':';
    if (const auto* text = std::get_if<std::string_view>(&field.value())) {
      append_json(line, *text);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value())) {
      line += std::to_string(*number);
    } else {
      line += std::get<bool>(field.value()) ? "true" : "false";
    }
  }
  line += "}\n";
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  const bool first = all.lines.empty();
  all.lines += line;
  if (!all.soon || level >= Level::warn || all.lines.size() >= kGathered) {
    write_out(all.lines);
  } else if (first) {
    all.soon();
  }
}

void gather(std::function<void()> soon) {
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  all.soon = std::move(soon);
}

void flush() {
  Waiting& all = waiting();
  const std::lock_guard lock(all.mutex);
  if (!all.lines.empty()) write_out(all.lines);
}

}  // namespace kassaflow::log
