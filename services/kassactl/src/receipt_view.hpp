#pragma once
// A receipt as operators see it (design.md 3.4). Pure.

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/v1/status.pb.h"
#include "output.hpp"

namespace kassaflow::kassactl {

[[nodiscard]] boost::json::object to_object(const v1::ReceiptView& view);
[[nodiscard]] std::string to_text(const v1::ReceiptView& view);
[[nodiscard]] Table to_table(const std::vector<v1::ReceiptView>& views);

// What a decision about an attempt would be about, to ask whether it is meant: ", attempt 2 on kkt-1 (open)?". `number`
// 0: the only one without an answer.
[[nodiscard]] std::string attempt_meant(const v1::ReceiptView& view, std::uint32_t number);

struct Moment {
  std::int64_t seconds = 0;  // Unix seconds, or local ones as if they were UTC
  bool has_zone = false;
};
// "2026-11-28T19:01:45", with or without seconds, with or without "Z" or "+03:00".
[[nodiscard]] std::optional<Moment> moment_of(std::string_view text);

// "1h", "30m", "2d" before now, or a day or moment: "2026-06-01", "2026-06-01T12:00:00Z" (UTC).
[[nodiscard]] std::optional<std::int64_t> since_ms(std::string_view text, std::int64_t now_ms);

}  // namespace kassaflow::kassactl
