#pragma once
// What a BIT driver's answer proves (protocols/bit-driver.md §7, §8; exactly-once.md 8). The vendor publishes no answer
// of a successful fiscalization, so this reads every shape that its texts allow, and calls everything else unknown.
// Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/evidence.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::bit {

enum class Command : std::uint8_t { receipt, open_shift, close_shift };

struct Requested {
  Command command = Command::receipt;
  std::string name;  // of the packet's only command, "receipt-<order id>"
  RequestedContent content;
  std::string timezone;             // IANA, of the register's clock
  std::string registration_number;  // as configured, may be empty
  std::int64_t now_s = 0;           // when the answer came: stands in for a time the register did not tell
};

// A whole HTTP answer.
[[nodiscard]] Finding read_answer(int http_status, std::string_view body, const Requested& requested);

// The answer was cut or never came; `code` says how. Only a QR code that agrees with the receipt settles it.
[[nodiscard]] Finding read_broken(std::string_view bytes, const Requested& requested, std::string code,
                                  const std::string& text);

}  // namespace kassaflow::registers::bit
