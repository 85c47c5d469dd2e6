#include "kassaflow/text/utf8.hpp"

#include <string>

namespace kassaflow::utf8 {

CodePoint first(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return {kMalformed, 1};
  char32_t value = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80) return {kMalformed, 1};
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (overlong || surrogate || value > 0x10FFFF) return {kMalformed, 1};
  return {value, length};
}

bool is_cut(std::string_view text) {
  if (text.size() > 3 || first(text).value != kMalformed) return false;
  // Some continuation makes it whole: the extremes of the second byte tell overlong forms and surrogates apart.
  for (const char fill : {'\x80', '\x90', '\xBF'}) {
    for (std::size_t length = text.size() + 1; length <= 4; ++length) {
      std::string whole(text);
      whole.resize(length, fill);
      if (first(whole).length == length) return true;
    }
  }
  return false;
}

void append(std::string& out, char32_t value) {
  const auto tail = [&out, value](int shift) { out.push_back(static_cast<char>(0x80 | (value >> shift & 0x3F))); };
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out.push_back(static_cast<char>(0xC0 | value >> 6));
    tail(0);
  } else if (value < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | value >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | value >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace kassaflow::utf8
