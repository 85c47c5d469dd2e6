#pragma once
// Bytes as hexadecimal digits, lower-case. Pure.

#include <span>
#include <string>
#include <string_view>

namespace kassaflow {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

inline void append_hex(std::string& out, unsigned char byte) {
  out += kHexDigits[byte >> 4];
  out += kHexDigits[byte & 0x0F];
}

[[nodiscard]] inline std::string hex(std::span<const unsigned char> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const unsigned char byte : bytes) append_hex(out, byte);
  return out;
}

}  // namespace kassaflow
