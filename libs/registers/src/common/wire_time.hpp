#pragma once
// Times as registers write them. Pure.

#include <cstdint>
#include <optional>
#include <string_view>

namespace kassaflow::registers {

// Unix seconds of "2026-03-01T09:00:42+00:00", also with fractions or Z; nullopt without an offset.
[[nodiscard]] std::optional<std::int64_t> unix_of_iso(std::string_view text);

// Unix seconds of midnight UTC of a text that begins with "2026-03-01".
[[nodiscard]] std::optional<std::int64_t> unix_of_day(std::string_view text);

// Seconds of a local time as if it were UTC: "2026-03-01T12:00:41", "2026-03-01 12:00", "20260301T120041",
// "01.03.2026 12:00:41" or "01.03.26 12:00:41", seconds optional; nullopt for anything else, such as a number whose
// meaning is open.
[[nodiscard]] std::optional<std::int64_t> local_of(std::string_view text);

}  // namespace kassaflow::registers
