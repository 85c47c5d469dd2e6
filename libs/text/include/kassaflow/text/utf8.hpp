#pragma once
// Walking over UTF-8. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace kassaflow::utf8 {

inline constexpr char32_t kMalformed = 0xFFFFFFFF;

struct CodePoint {
  char32_t value;      // kMalformed: the first byte begins no well-formed sequence
  std::size_t length;  // bytes, 1 when malformed
};

// `text` is not empty.
[[nodiscard]] CodePoint first(std::string_view text);
// `text`, not empty, is the beginning of a well-formed sequence whose last bytes are missing.
[[nodiscard]] bool is_cut(std::string_view text);
// `value` is a code point.
void append(std::string& out, char32_t value);

}  // namespace kassaflow::utf8
