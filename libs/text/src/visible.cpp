#include "kassaflow/text/visible.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"
#include "kassaflow/text/utf8.hpp"

namespace kassaflow {
namespace {

struct Range {
  char32_t first, last;
};

bool is_in(auto const& ranges, char32_t c) {
  const auto* after = std::ranges::upper_bound(ranges, c, {}, &Range::first);
  return after != ranges.begin() && c <= std::prev(after)->last;
}

// Cc, Zl, Zp, Default_Ignorable_Code_Point and the marks of annotations; text_test compares with ICU.
constexpr std::array kUnseen{
    Range{0x00, 0x1F},       Range{0x7F, 0x9F},       Range{0xAD, 0xAD},       Range{0x34F, 0x34F},
    Range{0x61C, 0x61C},     Range{0x115F, 0x1160},   Range{0x17B4, 0x17B5},   Range{0x180B, 0x180F},
    Range{0x200B, 0x200F},   Range{0x2028, 0x202E},   Range{0x2060, 0x206F},   Range{0x3164, 0x3164},
    Range{0xFE00, 0xFE0F},   Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},   Range{0xFFF0, 0xFFFB},
    Range{0x1BCA0, 0x1BCA3}, Range{0x1D173, 0x1D17A}, Range{0xE0000, 0xE0FFF},
};

// Blocks that hold the characters with the property Extended_Pictographic.
constexpr std::array kPictographs{
    Range{0xA9, 0xA9},     Range{0xAE, 0xAE},     Range{0x203C, 0x203C}, Range{0x2049, 0x2049}, Range{0x2122, 0x2122},
    Range{0x2139, 0x2139}, Range{0x2190, 0x21FF}, Range{0x2300, 0x23FF}, Range{0x2460, 0x24FF}, Range{0x25A0, 0x27BF},
    Range{0x2900, 0x297F}, Range{0x2B00, 0x2BFF}, Range{0x3030, 0x303D}, Range{0x3297, 0x3299}, Range{0x1F000, 0x1FFFF},
};

constexpr char32_t kJoiner = 0x200D;
constexpr char32_t kAsEmoji = 0xFE0F;
constexpr char32_t kKeycap = 0x20E3;

bool is_key(char32_t c) { return (c >= U'0' && c <= U'9') || c == U'#' || c == U'*'; }

// Inside an emoji of several characters; `before` is 0 when what stood there is not shown as itself.
bool makes_emoji(char32_t before, char32_t c, char32_t after) {
  if (c == kJoiner) return (before == kAsEmoji || is_in(kPictographs, before)) && is_in(kPictographs, after);
  return c == kAsEmoji && (is_in(kPictographs, before) || (is_key(before) && after == kKeycap));
}

// Calls `seen` with each piece that can be shown, `unseen` with each code point and `broken` with each byte that
// cannot.
template <class Seen, class Unseen, class Broken>
void walk(std::string_view text, Seen seen, Unseen unseen, Broken broken) {
  char32_t before = 0;
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    const std::string_view piece = text.substr(0, length);
    text.remove_prefix(length);
    const bool shown =
        value != utf8::kMalformed &&
        (!is_in(kUnseen, value) || makes_emoji(before, value, text.empty() ? 0 : utf8::first(text).value));
    before = shown ? value : 0;
    if (shown) {
      seen(piece);
    } else if (value == utf8::kMalformed) {
      broken(static_cast<unsigned char>(piece.front()));
    } else {
      unseen(value);
    }
  }
}

void append_hex_digits(std::string& out, std::string_view kind, char32_t value, int digits) {
  out += kind;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out += kHexDigits[value >> shift & 0xF];
}

// Control characters that have a letter in JSON and in C; 0 for others.
char letter_of(char32_t c) { return c == U'\n' ? 'n' : c == U'\r' ? 'r' : c == U'\t' ? 't' : '\0'; }

bool is_plain(char c) { return c >= ' ' && c <= '~'; }

}  // namespace

std::string visible(std::string_view text) {
  if (std::ranges::all_of(text, is_plain)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  walk(
      text, [&out](std::string_view piece) { out += piece; },
      [&out](char32_t c) {
        if (const char letter = letter_of(c); letter != 0) {
          out.append({'\\', letter});
        } else {
          append_hex_digits(out, c > 0xFFFF ? "\\U" : "\\u", c, c > 0xFFFF ? 8 : 4);
        }
      },
      [&out](unsigned char byte) { append_hex_digits(out, "\\x", byte, 2); });
  return out;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  if (std::ranges::all_of(text, [](char c) { return is_plain(c) && c != '"' && c != '\\'; })) {
    out.append(text).append(1, '"');
    return;
  }
  walk(
      text,
      [&out](std::string_view piece) {
        if (piece == "\"" || piece == "\\") out += '\\';
        out += piece;
      },
      [&out](char32_t c) {
        constexpr char32_t kAstral = 0x10000;
        if (const char letter = letter_of(c); letter != 0) {
          out.append({'\\', letter});
        } else if (c < kAstral) {
          append_hex_digits(out, "\\u", c, 4);
        } else {
          append_hex_digits(out, "\\u", 0xD800 + ((c - kAstral) >> 10), 4);
          append_hex_digits(out, "\\u", 0xDC00 + ((c - kAstral) & 0x3FF), 4);
        }
      },
      [&out](unsigned char byte) { append_hex_digits(out, "\\\\x", byte, 2); });
  out += '"';
}

}  // namespace kassaflow
