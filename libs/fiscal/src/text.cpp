#include "kassaflow/fiscal/text.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "src/utf8.hpp"

namespace kassaflow::fiscal {
namespace {

// Upper half of windows-1251 up to 0xBF; from 0xC0 on it is А..я in order.
constexpr std::u32string_view kWindows1251 =
    U"ЂЃ‚ѓ„…†‡€‰Љ‹ЊЌЋЏђ‘’“”•–—\uFFFD™љ›њќћџ\u00A0ЎўЈ¤Ґ¦§Ё©Є«¬\u00AD®Ї°±Ііґµ¶·ё№є»јЅѕї";
static_assert(kWindows1251.size() == 0x40);

// What CP866 has beside ASCII and А..я, without its NBSP, which is replaced by a blank.
constexpr std::u32string_view kRestOfCp866 = U"ЁёЄєЇїЎў°∙·√№¤■░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀";

struct LookAlike {
  char32_t from;
  std::string_view to;
};
// ffd.md §2, and other forms of the same signs.
constexpr std::array kLookAlikes{
    LookAlike{U'«', "\""},     LookAlike{U'»', "\""},     LookAlike{U'“', "\""},     LookAlike{U'”', "\""},
    LookAlike{U'„', "\""},     LookAlike{U'‟', "\""},     LookAlike{U'‘', "'"},      LookAlike{U'’', "'"},
    LookAlike{U'‚', "'"},      LookAlike{U'′', "'"},      LookAlike{U'″', "\""},     LookAlike{U'–', "-"},
    LookAlike{U'—', "-"},      LookAlike{U'―', "-"},      LookAlike{U'\u2010', "-"}, LookAlike{U'\u2011', "-"},
    LookAlike{U'\u2012', "-"}, LookAlike{U'−', "-"},      LookAlike{U'…', "..."},    LookAlike{U'×', "x"},
    LookAlike{U'²', "2"},      LookAlike{U'³', "3"},      LookAlike{U'\u00A0', " "}, LookAlike{U'\u2007', " "},
    LookAlike{U'\u2009', " "}, LookAlike{U'\u202F', " "}, LookAlike{U'\u3000', " "}, LookAlike{U'\t', " "},
    LookAlike{U'\n', " "},     LookAlike{U'\r', " "},     LookAlike{U'\u2028', " "}, LookAlike{U'\u2029', " "},
};

bool in_cp866(char32_t c) {
  return (c >= U' ' && c <= U'~') || (c >= U'А' && c <= U'я') || kRestOfCp866.find(c) != std::u32string_view::npos;
}

// Shown as nothing: control characters, soft hyphen, zero-width marks, variation selectors.
bool is_invisible(char32_t c) {
  return c < U' ' || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0x2060 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF;
}

// Some systems write й and ё as a letter and a combining mark.
bool compose(std::string& out, char32_t mark) {
  struct Pair {
    char32_t mark;
    std::string_view letter, composed;
  };
  static constexpr std::array kPairs{Pair{0x306, "и", "й"}, Pair{0x306, "И", "Й"}, Pair{0x308, "е", "ё"},
                                     Pair{0x308, "Е", "Ё"}};
  for (const auto& pair : kPairs) {
    if (pair.mark != mark || !out.ends_with(pair.letter)) continue;
    out.replace(out.size() - pair.letter.size(), pair.letter.size(), pair.composed);
    return true;
  }
  return false;
}

void append_printable(std::string& out, char32_t c) {
  if (in_cp866(c)) return utf8::append(out, c);
  const auto* look_alike = std::ranges::find(kLookAlikes, c, &LookAlike::from);
  if (look_alike != kLookAlikes.end()) {
    out += look_alike->to;
  } else if (!is_invisible(c) && !compose(out, c)) {
    out += '?';
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    if (value == utf8::kMalformed) return false;
    text.remove_prefix(length);
  }
  return true;
}

Utf8Shape utf8_shape(std::string_view text) {
  Utf8Shape shape;
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    if (value == utf8::kMalformed) {
      if (utf8::is_cut(text)) {
        shape.cut_bytes = text.size();
        shape.cut_lead = static_cast<unsigned char>(text.front());
        break;
      }
      ++shape.stray;
    } else if (length > 1) {
      ++shape.characters;
      if (value >= 0x400 && value < 0x530) ++shape.cyrillic;
    }
    text.remove_prefix(length);
  }
  return shape;
}

std::string repaired_utf8(std::string_view text, std::string_view instead) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    out += value == utf8::kMalformed ? instead : text.substr(0, length);
    text.remove_prefix(length);
  }
  return out;
}

std::string from_windows_1251(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    utf8::append(out, byte < 0x80 ? byte : byte < 0xC0 ? kWindows1251[byte - 0x80u] : U'А' + (byte - 0xC0u));
  }
  return out;
}

std::string normalise(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    append_printable(out, value);
    text.remove_prefix(length);
  }
  return out;
}

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto [value, length] = utf8::first(text);
    if (!in_cp866(value)) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(utf8::first(text).length);
  return count;
}

std::string_view cut(std::string_view text, std::size_t limit) {
  std::string_view rest = text;
  while (limit-- > 0 && !rest.empty()) rest.remove_prefix(utf8::first(rest).length);
  return text.substr(0, text.size() - rest.size());
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::string receipt_text(std::string_view text, std::size_t limit) {
  const std::string printable = normalise(text);
  return std::string(trim(cut(trim(printable), limit)));
}

}  // namespace kassaflow::fiscal
