#include "common/wire_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "common/text.hpp"

namespace kassaflow::registers {
namespace {

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
};

// `pattern`: Y, M, D, h, m, s stand for one digit each, anything else for itself. The text must begin with it.
std::optional<Fields> read(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return std::nullopt;
  Fields fields;
  const auto place = [&](char mark) -> int* {
    switch (mark) {
      case 'Y':
        return &fields.year;
      case 'M':
        return &fields.month;
      case 'D':
        return &fields.day;
      case 'h':
        return &fields.hour;
      case 'm':
        return &fields.minute;
      case 's':
        return &fields.second;
      default:
        return nullptr;
    }
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    int* const field = place(pattern[i]);
    if (field == nullptr) {
      if (text[i] != pattern[i]) return std::nullopt;
    } else {
      if (text[i] < '0' || text[i] > '9') return std::nullopt;
      *field = *field * 10 + (text[i] - '0');
    }
  }
  return fields;
}

std::optional<std::int64_t> seconds_of(const Fields& fields) {
  constexpr int kCentury = 2000;
  const int year = fields.year < 100 ? kCentury + fields.year : fields.year;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(fields.month)),
                                         std::chrono::day(static_cast<unsigned>(fields.day))};
  if (!date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 59) return std::nullopt;
  const std::int64_t midnight = std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
  return midnight + fields.hour * 3600 + fields.minute * 60 + fields.second;
}

}  // namespace

std::optional<std::int64_t> unix_of_iso(std::string_view text) {
  constexpr std::string_view kPattern = "YYYY-MM-DDThh:mm:ss";
  const std::optional<Fields> fields = read(text, kPattern);
  const std::optional<std::int64_t> local = fields ? seconds_of(*fields) : std::nullopt;
  if (!local) return std::nullopt;
  std::string_view rest = text.substr(kPattern.size());
  if (rest.starts_with('.')) rest.remove_prefix(std::min(rest.find_first_not_of("0123456789", 1), rest.size()));
  if (rest == "Z") return local;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-')) return std::nullopt;
  const std::optional<Fields> offset = read(rest.substr(1), "hh:mm");
  if (!offset) return std::nullopt;
  const std::int64_t ahead = offset->hour * 3600 + offset->minute * 60;
  return rest[0] == '+' ? *local - ahead : *local + ahead;
}

std::optional<std::int64_t> unix_of_day(std::string_view text) {
  const std::optional<Fields> fields = read(text, "YYYY-MM-DD");
  return fields ? seconds_of(*fields) : std::nullopt;
}

std::optional<std::int64_t> local_of(std::string_view text) {
  constexpr std::array<std::string_view, 14> kPatterns{
      "YYYY-MM-DDThh:mm:ss", "YYYY-MM-DDThh:mm",    "YYYY-MM-DD hh:mm:ss", "YYYY-MM-DD hh:mm",  "YYYYMMDDThhmmss",
      "YYYYMMDDThhmm",       "DD.MM.YYYY hh:mm:ss", "DD.MM.YYYY hh:mm",    "DD.MM.YY hh:mm:ss", "DD.MM.YY hh:mm",
      "DD-MM-YY hh:mm",      "DD-MM-YY hh:mm:ss",   "DD.MM.YYYYThh:mm:ss", "DD.MM.YYYYThh:mm"};
  text = trimmed(text);
  for (const std::string_view pattern : kPatterns) {
    if (text.size() != pattern.size()) continue;
    if (const std::optional<Fields> fields = read(text, pattern)) return seconds_of(*fields);
  }
  return std::nullopt;
}

}  // namespace kassaflow::registers
