#include "kassaflow/fiscal/timezone.hpp"

#include <date/tz.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace kassaflow::fiscal {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kHour_s = 3600;
// Years 1970..2199: beyond them neither a receipt nor the library's arithmetic makes sense.
constexpr std::int64_t kLastMoment_s = 7'258'118'400;

const date::time_zone* find_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {  // the library's only way to say "no such zone"
    return nullptr;
  }
}

bool is_moment(std::int64_t value_s) { return value_s >= 0 && value_s < kLastMoment_s; }

}  // namespace

bool is_timezone(std::string_view iana_name) { return find_zone(iana_name) != nullptr; }

Result<std::int64_t> local_to_unix(std::int64_t local_s, std::string_view iana_name) {
  const auto* zone = find_zone(iana_name);
  if (zone == nullptr) return fail(kTimezoneUnknown, "unknown time zone " + std::string(iana_name));
  if (!is_moment(local_s)) return fail(kTimezoneRange, "local time outside the years 1970..2199");
  return zone->to_sys(date::local_seconds(seconds(local_s)), date::choose::earliest).time_since_epoch().count();
}

std::optional<std::uint8_t> timezone_code(std::string_view iana_name, std::int64_t unix_s) {
  const auto* zone = find_zone(iana_name);
  if (zone == nullptr || !is_moment(unix_s)) return std::nullopt;
  const std::int64_t offset_s = zone->get_info(date::sys_seconds(seconds(unix_s))).offset.count();
  if (offset_s % kHour_s != 0 || offset_s < 2 * kHour_s || offset_s > 12 * kHour_s) return std::nullopt;
  return static_cast<std::uint8_t>(offset_s / kHour_s - 1);
}

}  // namespace kassaflow::fiscal
