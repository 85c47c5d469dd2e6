#pragma once
// Text for fiscal documents: they speak code page CP866 (protocols/ffd.md §2). All strings here are UTF-8.

#include <cstddef>
#include <string>
#include <string_view>

namespace kassaflow::fiscal {

// Well-formed UTF-8: no overlong forms, surrogates or code points above 10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

// What a text would be as UTF-8.
struct Utf8Shape {
  std::size_t characters = 0;  // well-formed, beyond ASCII
  std::size_t cyrillic = 0;    // of them
  std::size_t stray = 0;       // bytes that belong to no character
  std::size_t cut_bytes =
      0;  // at the end: a character whose last bytes are missing, as programs that count bytes cut it
  unsigned char cut_lead = 0;  // its first byte
  [[nodiscard]] bool well_formed() const { return stray == 0 && cut_bytes == 0; }
};
[[nodiscard]] Utf8Shape utf8_shape(std::string_view text);
// Without stray and cut bytes; with `instead` in the place of each.
[[nodiscard]] std::string repaired_utf8(std::string_view text, std::string_view instead = {});

// For bodies of old portals (bitrix24.md §3.1). The one unassigned byte, 0x98, becomes U+FFFD.
[[nodiscard]] std::string from_windows_1251(std::string_view bytes);

// What a register can print: look-alikes replaced (« » „ -> ", – -> -, … -> ..., NBSP -> blank, ™ -> (TM)), letters
// with marks by their base letter (é -> e, і -> i; ё and й stay), line breaks and tabs become blanks, other control
// characters go; '?' only where nothing fits, and for each malformed byte. What stands behind as many characters as are
// `enough`, blanks not counted, may be left out.
[[nodiscard]] std::string normalise(std::string_view text, std::size_t enough = std::string_view::npos);
// True when normalise would change nothing, except that CP866's NBSP is not counted as printable.
[[nodiscard]] bool is_printable(std::string_view text);

// Code points; a malformed byte counts as one.
[[nodiscard]] std::size_t characters(std::string_view text);
// The first `limit` code points.
[[nodiscard]] std::string_view cut(std::string_view text, std::size_t limit);
// Without blanks at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

// HTML entities decoded, as often as they were encoded, and tags as blanks; normalise, runs of blanks as one, trim, cut
// to `limit` characters, trim again: how a name or an address enters a receipt.
[[nodiscard]] std::string receipt_text(std::string_view text, std::size_t limit);

}  // namespace kassaflow::fiscal
