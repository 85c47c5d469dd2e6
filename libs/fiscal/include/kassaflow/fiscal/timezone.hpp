#pragma once
// A register's clock is local time without a zone; the zone is a setting (protocols/itkassa.md §12). Rules of the zones
// are those of the system's tz database, read once. Thread-safe.

#include <cstdint>
#include <optional>
#include <string_view>

#include "kassaflow/base/result.hpp"

namespace kassaflow::fiscal {

inline constexpr ErrorKind kTimezoneUnknown{"timezone.unknown", "write an IANA name, such as Europe/Moscow"};
inline constexpr ErrorKind kTimezoneRange{"timezone.range"};

[[nodiscard]] bool is_timezone(std::string_view iana_name);

// Local seconds (as if the local time were UTC, like tag [1012]) -> Unix seconds. A time that the clock showed twice is
// its first occurrence; one that it skipped is the moment of the change. Fails with
// kTimezoneUnknown, and with kTimezoneRange outside the years 1970..2199.
[[nodiscard]] Result<std::int64_t> local_to_unix(std::int64_t local_s, std::string_view iana_name);

// [1011] of the zone at that moment: 1 = UTC+2 .. 11 = UTC+12; std::nullopt for an unknown zone and outside that range.
[[nodiscard]] std::optional<std::uint8_t> timezone_code(std::string_view iana_name, std::int64_t unix_s);

}  // namespace kassaflow::fiscal
