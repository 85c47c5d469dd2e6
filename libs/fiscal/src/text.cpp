#include "kassaflow/fiscal/text.hpp"

#include <algorithm>
#include <array>

#include "src/letters.hpp"
#include "src/markup.hpp"

#include "kassaflow/text/utf8.hpp"

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
// ffd.md §2, and other forms of the same signs; then signs in words; then letters that Unicode makes of nothing
// simpler.
constexpr std::array kLookAlikes{
    LookAlike{U'«', "\""},     LookAlike{U'»', "\""},     LookAlike{U'“', "\""},     LookAlike{U'”', "\""},
    LookAlike{U'„', "\""},     LookAlike{U'‟', "\""},     LookAlike{U'‘', "'"},      LookAlike{U'’', "'"},
    LookAlike{U'‚', "'"},      LookAlike{U'‛', "'"},      LookAlike{U'‹', "'"},      LookAlike{U'›', "'"},
    LookAlike{U'´', "'"},      LookAlike{U'ʼ', "'"},      LookAlike{U'ʹ', "'"},      LookAlike{U'′', "'"},
    LookAlike{U'″', "\""},     LookAlike{U'–', "-"},      LookAlike{U'—', "-"},      LookAlike{U'―', "-"},
    LookAlike{U'\u2010', "-"}, LookAlike{U'\u2011', "-"}, LookAlike{U'\u2012', "-"}, LookAlike{U'−', "-"},
    LookAlike{U'…', "..."},    LookAlike{U'×', "x"},      LookAlike{U'²', "2"},      LookAlike{U'³', "3"},
    LookAlike{U'\u00A0', " "}, LookAlike{U'\u2007', " "}, LookAlike{U'\u2009', " "}, LookAlike{U'\u202F', " "},
    LookAlike{U'\u3000', " "}, LookAlike{U'\t', " "},     LookAlike{U'\n', " "},     LookAlike{U'\r', " "},
    LookAlike{U'\u2028', " "}, LookAlike{U'\u2029', " "}, LookAlike{U'\u2044', "/"}, LookAlike{U'∕', "/"},
    LookAlike{U'•', "·"},      LookAlike{U'●', "·"},      LookAlike{U'‣', "·"},      LookAlike{U'⋅', "·"},
    LookAlike{U'∗', "*"},      LookAlike{U'★', "*"},      LookAlike{U'☆', "*"},      LookAlike{U'¦', "|"},
    LookAlike{U'º', "°"},      LookAlike{U'˚', "°"},      LookAlike{U'÷', "/"},      LookAlike{U'≈', "~"},
    LookAlike{U'˜', "~"},      LookAlike{U'©', "(c)"},    LookAlike{U'®', "(R)"},    LookAlike{U'™', "(TM)"},
    LookAlike{U'±', "+/-"},    LookAlike{U'≤', "<="},     LookAlike{U'≥', ">="},     LookAlike{U'≠', "!="},
    LookAlike{U'→', "->"},     LookAlike{U'←', "<-"},     LookAlike{U'↔', "<->"},    LookAlike{U'†', "+"},
    LookAlike{U'₽', "руб."},   LookAlike{U'µ', "u"},      LookAlike{U'μ', "u"},      LookAlike{U'Ω', "Ом"},
    LookAlike{U'Ω', "Ом"},     LookAlike{U'⌀', "O"},      LookAlike{U'ə', "e"},      LookAlike{U'Ə', "E"},
    LookAlike{U'ә', "а"},      LookAlike{U'Ә', "А"},      LookAlike{U'і', "i"},      LookAlike{U'І', "I"},
    LookAlike{U'ј', "j"},      LookAlike{U'Ј', "J"},      LookAlike{U'ѕ', "s"},      LookAlike{U'Ѕ', "S"},
    LookAlike{U'ғ', "г"},      LookAlike{U'Ғ', "Г"},      LookAlike{U'ґ', "г"},      LookAlike{U'Ґ', "Г"},
    LookAlike{U'ҕ', "г"},      LookAlike{U'Ҕ', "Г"},      LookAlike{U'җ', "ж"},      LookAlike{U'Җ', "Ж"},
    LookAlike{U'ҙ', "з"},      LookAlike{U'Ҙ', "З"},      LookAlike{U'ӡ', "з"},      LookAlike{U'Ӡ', "З"},
    LookAlike{U'қ', "к"},      LookAlike{U'Қ', "К"},      LookAlike{U'ҝ', "к"},      LookAlike{U'Ҝ', "К"},
    LookAlike{U'ҟ', "к"},      LookAlike{U'Ҟ', "К"},      LookAlike{U'ҡ', "к"},      LookAlike{U'Ҡ', "К"},
    LookAlike{U'ӄ', "к"},      LookAlike{U'Ӄ', "К"},      LookAlike{U'љ', "л"},      LookAlike{U'Љ', "Л"},
    LookAlike{U'ң', "н"},      LookAlike{U'Ң', "Н"},      LookAlike{U'ҥ', "н"},      LookAlike{U'Ҥ', "Н"},
    LookAlike{U'ӈ', "н"},      LookAlike{U'Ӈ', "Н"},      LookAlike{U'њ', "н"},      LookAlike{U'Њ', "Н"},
    LookAlike{U'ө', "о"},      LookAlike{U'Ө', "О"},      LookAlike{U'ҩ', "о"},      LookAlike{U'Ҩ', "О"},
    LookAlike{U'ҧ', "п"},      LookAlike{U'Ҧ', "П"},      LookAlike{U'ҫ', "с"},      LookAlike{U'Ҫ', "С"},
    LookAlike{U'ҭ', "т"},      LookAlike{U'Ҭ', "Т"},      LookAlike{U'ү', "у"},      LookAlike{U'Ү', "У"},
    LookAlike{U'ұ', "у"},      LookAlike{U'Ұ', "У"},      LookAlike{U'ѵ', "и"},      LookAlike{U'Ѵ', "И"},
    LookAlike{U'ѣ', "е"},      LookAlike{U'Ѣ', "Е"},      LookAlike{U'ѳ', "ф"},      LookAlike{U'Ѳ', "Ф"},
    LookAlike{U'һ', "х"},      LookAlike{U'Һ', "Х"},      LookAlike{U'ҳ', "х"},      LookAlike{U'Ҳ', "Х"},
    LookAlike{U'ҵ', "ц"},      LookAlike{U'Ҵ', "Ц"},      LookAlike{U'џ', "ц"},      LookAlike{U'Џ', "Ц"},
    LookAlike{U'ҷ', "ч"},      LookAlike{U'Ҷ', "Ч"},      LookAlike{U'ҹ', "ч"},      LookAlike{U'Ҹ', "Ч"},
    LookAlike{U'ҽ', "ч"},      LookAlike{U'Ҽ', "Ч"},      LookAlike{U'ћ', "ч"},      LookAlike{U'Ћ', "Ч"},
    LookAlike{U'ђ', "д"},      LookAlike{U'Ђ', "Д"},      LookAlike{U'ӏ', "I"},      LookAlike{U'Ӏ', "I"},
};

bool in_cp866(char32_t c) {
  return (c >= U' ' && c <= U'~') || (c >= U'А' && c <= U'я') || kRestOfCp866.find(c) != std::u32string_view::npos;
}

// Shown as nothing: control characters, soft hyphen, zero-width marks, variation selectors; and what somebody has put
// in the place of half a character.
bool is_invisible(char32_t c) {
  return c < U' ' || (c >= 0x7F && c < 0xA0) || c == 0xAD || (c >= 0x200B && c <= 0x200F) || c == 0x2060 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFFD;
}

// False when more must be known of `c` than the table tells; `out` is as before then.
bool append_known(std::string& out, char32_t c) {
  if (in_cp866(c)) {
    utf8::append(out, c);
  } else if (const auto* known = std::ranges::find(kLookAlikes, c, &LookAlike::from); known != kLookAlikes.end()) {
    out += known->to;
  } else if (c == utf8::kMalformed) {
    out += '?';
  } else {
    return is_invisible(c);
  }
  return true;
}

void append_parts(std::string& out, char32_t c) {
  if (append_known(out, c) || letters::is_mark(c)) return;
  std::string spelled;
  for (const char32_t part : letters::parts(c)) {
    if (!append_known(spelled, part) && !letters::is_mark(part)) {
      out += '?';  // half of a character says nothing
      return;
    }
  }
  out += spelled;
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

std::string normalise(std::string_view text, std::size_t enough) {
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto [value, length] = utf8::first(rest);
    if (!append_known(out, value)) {
      out.clear();
      std::size_t made = 0;
      for (const char32_t c : letters::composed(text)) {
        const std::size_t before = out.size();
        append_parts(out, c);
        made += std::string_view(out).substr(before).find_first_not_of(' ') == std::string_view::npos ? 0 : 1;
        if (made >= enough) break;
      }
      return out;
    }
    rest.remove_prefix(length);
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
  constexpr std::size_t kMaxMarkup = 64;  // characters for one that is printed: what stands further on is not read
  text = cut(text, kMaxMarkup * limit);
  const bool markup = text.find_first_of("&<") != std::string_view::npos;
  std::string printable = normalise(markup ? without_markup(text) : text, limit);
  const auto both_blank = [](char a, char b) { return a == ' ' && b == ' '; };
  printable.erase(std::ranges::unique(printable, both_blank).begin(), printable.end());
  return std::string(trim(cut(trim(printable), limit)));
}

}  // namespace kassaflow::fiscal
