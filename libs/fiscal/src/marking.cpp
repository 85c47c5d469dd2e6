#include "kassaflow/fiscal/marking.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr char kSeparator = 0x1D;
constexpr std::size_t kGtin = 14;
constexpr std::size_t kMaxSerial = 20;            // AI 21
constexpr std::size_t kSerialAt = 2 + kGtin + 2;  // where the portal cuts the serial of any code from,
constexpr std::size_t kPortalSerial = 13;         // and how much at least
constexpr std::size_t kMaxPosted = 1000;          // bytes; the portal keeps 200 characters (bitrix24.md §5.2)
constexpr std::size_t kMaxElement = 2 + 2 + 90;   // AI and data: no GS1 element is longer
constexpr std::string_view kDataMatrix = "DM";    // first bytes of a product code
constexpr std::size_t kProductHead = 2 + 6;       // of it: type and GTIN
constexpr std::size_t kTobaccoSerial = 7;

using ascii::all_digits;
using ascii::is_digit;

bool is_capital_or_digit(char c) { return is_digit(c) || ascii::is_upper(c); }

// GS1 General Specifications, figure 7.11-1 (character set 82).
bool is_gs1(char c) {
  return is_capital_or_digit(c) || (c >= 'a' && c <= 'z') ||
         (c != '\0' && std::string_view("!\"%&'()*+,-./:;<=>?_").find(c) != std::string_view::npos);
}

// Length of an element with its AI when the first digits of the AI fix it (GS1 General Specifications, figure 7.8.5-2);
// 0: it ends at a separator.
std::size_t fixed_length(std::string_view element) {
  struct Row {
    std::string_view from, to;
    std::size_t length;
  };
  static constexpr std::array kRows{Row{"00", "00", 20}, Row{"01", "03", 16}, Row{"04", "04", 18}, Row{"11", "19", 8},
                                    Row{"20", "20", 4},  Row{"31", "36", 10}, Row{"41", "41", 16}};
  const std::string_view ai = element.substr(0, 2);
  const auto* row = std::ranges::find_if(kRows, [ai](const Row& r) { return ai >= r.from && ai <= r.to; });
  return row == kRows.end() ? 0 : row->length;
}

// As much of the AI as tells it from another that a code may have beside it: 31xx, 41x, 70xx, 80xx.
std::string_view ai_of(std::string_view element) {
  return element.substr(0, std::string_view("3478").find(element.front()) == std::string_view::npos ? 2 : 4);
}

// --- what stands around and instead of a code's bytes ---

std::string_view without_around(std::string_view text) {
  static constexpr std::array<std::string_view, 8> kAround{" ", "\t", "\r", "\n", "\x1D", "\u00A0", "\u200B", "\uFEFF"};
  const auto plain = [](char c) { return c > ' ' && c <= '~'; };
  for (bool changed = true; changed && !text.empty() && !(plain(text.front()) && plain(text.back()));) {
    changed = false;
    for (const std::string_view piece : kAround) {
      for (; text.starts_with(piece); changed = true) text.remove_prefix(piece.size());
      for (; text.ends_with(piece); changed = true) text.remove_suffix(piece.size());
    }
  }
  return text;
}

// AIM symbology identifier: "]", a letter, a digit. No code begins with "]".
std::string_view without_prefix(std::string_view text) {
  if (text.size() >= 3 && text[0] == ']' && ascii::is_letter(text[1]) && is_digit(text[2])) text.remove_prefix(3);
  return text;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return ascii::lower(c); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

// How programs write a separator they cannot show. All of them but "%1d" are so long or hold such characters that no
// code has them by chance.
constexpr std::array<std::string_view, 20> kWritten{
    "<gs>",  "[gs]",    "{gs}",   "(gs)",   "<fnc1>", "[fnc1]",  "{fnc1}", "\\u001d", "\\u{1d}", "\\x1d",
    "\\035", "\\x{1d}", "<0x1d>", "[0x1d]", "{0x1d}", "_x001d_", "&#29;",  "&#x1d;",  "␝",       "↔"};
constexpr std::string_view kPercent = "%1d";

struct Escaped {
  std::string_view written;
  char meant;
};
// A code that went through HTML: no code has these by chance either.
constexpr std::array kEscaped{Escaped{"&amp;", '&'},  Escaped{"&lt;", '<'},    Escaped{"&gt;", '>'},
                              Escaped{"&quot;", '"'}, Escaped{"&#039;", '\''}, Escaped{"&#39;", '\''},
                              Escaped{"&apos;", '\''}};

std::size_t written_separator(std::string_view rest, bool percent_too) {
  for (const std::string_view written : kWritten) {
    if (equal_ignoring_case(rest.substr(0, written.size()), written)) return written.size();
  }
  return percent_too && equal_ignoring_case(rest.substr(0, kPercent.size()), kPercent) ? kPercent.size() : 0;
}

std::string unwritten(std::string_view text) {
  constexpr std::string_view kBegins = "<[{(\\_&%\xE2";  // of kWritten and kPercent
  // A scanner that delivers separators writes none, and "%1D" may be three characters of a serial.
  const bool percent_too = text.find(kSeparator) == std::string_view::npos;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of(kBegins), text.size());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto* escaped =
        std::ranges::find_if(kEscaped, [text](const Escaped& row) { return text.starts_with(row.written); });
    const std::size_t separator = written_separator(text, percent_too);
    if (separator != 0) {
      out += kSeparator;
      text.remove_prefix(separator);
    } else if (escaped != kEscaped.end()) {
      out += escaped->meant;
      text.remove_prefix(escaped->written.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

// --- readable notation ---

// Characters of "(…)" when it names an AI: two to four digits.
std::size_t bracketed(std::string_view rest) {
  if (!rest.starts_with('(')) return 0;
  const std::size_t close = rest.find(')');
  if (close < 3 || close > 5 || close == std::string_view::npos) return 0;
  return all_digits(rest.substr(1, close - 1)) ? close + 1 : 0;
}

bool is_readable(std::string_view text) {
  constexpr std::size_t kAfterGtin = 2 + kGtin;
  return bracketed(text) != 0 ||
         (text.starts_with("01") && text.size() > kAfterGtin && text.substr(kAfterGtin).starts_with("(21)"));
}

std::size_t next_bracket(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && bracketed(text.substr(at)) == 0) ++at;
  return std::min(at, text.size());
}

std::string from_readable(std::string_view text) {
  std::string out;
  bool open = false;  // the element before ends at a separator
  while (!text.empty()) {
    const std::size_t length = next_bracket(text);
    const std::size_t ai = bracketed(text.substr(0, length));
    if (open) out += kSeparator;
    const std::size_t begin = out.size();
    out += text.substr(ai == 0 ? 0 : 1, ai == 0 ? 0 : ai - 2);
    out += without_around(text.substr(ai, length - ai));
    open = fixed_length(std::string_view(out).substr(begin)) == 0;
    text.remove_prefix(length);
  }
  return out;
}

// --- forms ---

struct Gs1 {
  std::string_view gtin;
  std::string_view serial;
  std::string_view tail;  // from the serial on
};

// Why it is no GS1 code; empty when it is one. `out` holds its parts then.
std::string read_gs1(std::string_view code, Gs1& out) {
  if (!code.starts_with("01")) return "код маркировки не начинается с 01.";
  out.gtin = code.substr(2, kGtin);
  if (out.gtin.size() < kGtin || !all_digits(out.gtin)) return "после 01 в коде маркировки нет GTIN из 14 цифр.";
  if (!gtin_holds(out.gtin)) {
    return "контрольная цифра GTIN " + std::string(out.gtin) +
           " не сходится: код маркировки прочитан или введён с ошибкой.";
  }
  std::string_view rest = code.substr(2 + kGtin);
  std::array<std::string_view, 12> seen{"01"};  // no goods have codes of more elements
  std::size_t elements = 1;
  bool first = true;
  while (!rest.empty()) {
    if (rest.front() == kSeparator) rest.remove_prefix(1);  // readers must bear one after a fixed length
    if (rest.size() < 3 || !all_digits(rest.substr(0, 2))) return "код маркировки обрезан или содержит лишнее.";
    const std::size_t fixed = fixed_length(rest);
    const std::size_t length = fixed == 0 ? std::min(rest.find(kSeparator), rest.size()) : fixed;
    if (length > rest.size() || length > kMaxElement) return "код маркировки обрезан или в нём нет разделителей GS.";
    const std::string_view element = rest.substr(0, length);
    if (!std::ranges::all_of(element, is_gs1))
      return "в коде маркировки есть символы, которых в таких кодах не бывает.";
    const std::string_view ai = ai_of(element);
    if (std::find(seen.begin(), seen.begin() + elements, ai) != seen.begin() + elements) {
      return "код маркировки повторяется: отсканируйте его один раз.";
    }
    if (elements == seen.size()) return "код маркировки содержит лишнее.";
    seen[elements++] = ai;
    if (first) {
      if (!element.starts_with("21")) break;
      out.serial = element.substr(2);
      out.tail = rest.substr(2);
      if (out.serial.size() > kMaxSerial) return "в коде маркировки нет разделителей GS: сканер их не передал.";
      first = false;
    }
    rest.remove_prefix(length);
  }
  return first ? "в коде маркировки нет серийного номера (21)." : "";
}

bool is_ean(std::string_view code) {
  return (code.size() == 8 || code.size() == 13 || code.size() == kGtin) && all_digits(code);
}

bool is_tobacco(std::string_view code) {
  return (code.size() == 21 || code.size() == 25 || code.size() == 29) && gtin_holds(code.substr(0, kGtin)) &&
         std::ranges::all_of(code, is_gs1);
}

// Country, code of goods, number: RU-430302-ABC1234567.
bool is_fur(std::string_view code) {
  return code.size() == 20 && code[2] == '-' && code[9] == '-' && !is_digit(code[0]) && !is_digit(code[1]) &&
         all_digits(code.substr(3, 6)) && std::ranges::all_of(code.substr(0, 2), is_capital_or_digit) &&
         std::ranges::all_of(code.substr(10), is_capital_or_digit);
}

bool is_egais(std::string_view code) {
  return (code.size() == 68 || code.size() == 150) && std::ranges::all_of(code, is_capital_or_digit);
}

bool looks_like_base64(std::string_view code) {
  const std::string_view end = code.substr(std::min(code.find_last_not_of('=') + 1, code.size()));
  return code.starts_with("MDE") && code.size() % 4 == 0 && end.size() <= 2;  // "01" in base64
}

// What no code holds, whatever its form; empty when nothing is wrong.
std::string foreign_character(std::string_view code) {
  const auto is_code = [](char c) { return (c > ' ' && c <= '~') || c == kSeparator; };
  if (std::ranges::all_of(code, is_code)) return {};
  const std::string_view rest = std::string_view(std::ranges::find_if_not(code, is_code), code.end());
  if (rest.front() == ' ') return "внутри кода маркировки есть пробел.";
  const auto byte = static_cast<unsigned char>(rest.front());
  if (byte >= 0xD0 && byte <= 0xD3 && is_utf8(rest.substr(0, 2))) {
    return "в коде маркировки русские буквы: сканер работал при русской раскладке клавиатуры. Переключите раскладку и "
           "отсканируйте код ещё раз.";
  }
  return "в коде маркировки недопустимые символы: в нём бывают только латинские буквы, цифры, знаки и разделитель GS.";
}

std::string product_code(std::string_view gtin, std::string_view serial) {
  std::uint64_t number = 0;
  for (const char digit : gtin) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  std::string out(kDataMatrix);
  for (int shift = 40; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xFF);
  out += serial;
  return out;
}

// --- product codes ---

std::optional<std::string> gtin_of(std::string_view product) {
  if (product.size() < kProductHead) return std::nullopt;
  std::uint64_t number = 0;
  for (const char byte : product.substr(kDataMatrix.size(), 6)) number = number << 8 | static_cast<unsigned char>(byte);
  const std::string digits = std::to_string(number);
  if (digits.size() > kGtin) return std::nullopt;
  return std::string(kGtin - digits.size(), '0') + digits;
}

}  // namespace

bool gtin_holds(std::string_view digits) {
  if (digits.size() < 2 || !all_digits(digits)) return false;
  int sum = 0;
  for (std::size_t i = 0; i + 1 < digits.size(); ++i) {
    const bool odd_from_the_right = (digits.size() - i) % 2 == 0;
    sum += (digits[i] - '0') * (odd_from_the_right ? 3 : 1);
  }
  return (10 - sum % 10) % 10 == digits.back() - '0';
}

Result<std::string> marking_code(std::string_view posted) {
  if (posted.size() > kMaxPosted) return fail(kMarkingForm, "код маркировки слишком длинный.");
  std::string code = unwritten(without_prefix(without_around(posted)));
  code = std::string(without_around(without_prefix(without_around(code))));
  if (is_readable(code)) code = from_readable(code);
  if (code.empty()) return fail(kMarkingEmpty, "код маркировки пуст.");
  if (auto why = foreign_character(code); !why.empty()) return fail(kMarkingCharacters, std::move(why));
  if (is_ean(code)) {
    if (gtin_holds(code)) return code;
    return fail(kMarkingCheckDigit,
                "контрольная цифра кода " + code + " не сходится: он прочитан или введён с ошибкой.");
  }
  Gs1 parts;
  auto why_not_gs1 = read_gs1(code, parts);
  if (why_not_gs1.empty() || is_tobacco(code) || is_fur(code) || is_egais(code)) return code;
  if (code.starts_with("01")) return fail(kMarkingGs1, std::move(why_not_gs1));
  if (looks_like_base64(code)) {
    return fail(kMarkingBase64, "код маркировки закодирован в base64. Нужен сам код, как его прочитал сканер.");
  }
  return fail(kMarkingForm, "это не код маркировки: он не похож ни на один из их видов. Отсканируйте код ещё раз.");
}

Result<std::string> product_code_of(std::string_view code, std::string_view posted, std::string_view posted_product) {
  if (posted_product.empty()) return std::string();
  const auto contradicts = [] {
    return fail(kMarkingContradiction,
                "код товара противоречит коду маркировки: у них разные GTIN или серийный "
                "номер.");
  };
  const std::string_view serial =
      posted_product.size() < kProductHead ? std::string_view() : posted_product.substr(kProductHead);
  // The portal's own cut of what was posted says nothing that the code does not.
  const std::string_view cut = posted.substr(std::min(kSerialAt, posted.size()));
  const bool cut_by_portal = !serial.empty() && posted_product.starts_with(kDataMatrix) && cut.starts_with(serial) &&
                             serial.size() >= std::min(cut.size(), kPortalSerial);
  Gs1 parts;
  if (read_gs1(code, parts).empty()) {
    if (!posted_product.starts_with(kDataMatrix) || gtin_of(posted_product) != parts.gtin) return contradicts();
    const bool same = serial.size() >= std::min(parts.serial.size(), kPortalSerial) && parts.tail.starts_with(serial);
    if (!same && !cut_by_portal) return contradicts();
    return product_code(parts.gtin, parts.serial);
  }
  if (is_tobacco(code)) {
    const std::string_view tail = code.substr(kGtin);
    const bool agrees = gtin_of(posted_product) == code.substr(0, kGtin) && tail.starts_with(serial);
    if (!agrees && !cut_by_portal) return contradicts();
    return agrees && serial.size() >= kTobaccoSerial ? std::string(posted_product)
                                                     : product_code(code.substr(0, kGtin), tail.substr(0, 7));
  }
  return posted_product.starts_with(kDataMatrix) ? std::string() : std::string(posted_product);
}

Result<void> check_product_code(std::string_view product) {
  if (!product.starts_with(kDataMatrix)) return {};
  const auto gtin = gtin_of(product);
  const std::string_view serial = product.substr(std::min(kProductHead, product.size()));
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!gtin || !gtin_holds(*gtin)) {
    return fail(kMarkingProduct, "контрольная цифра GTIN в коде товара не сходится: он сделан не из кода маркировки.");
  }
  if (serial.empty() || !std::ranges::all_of(serial, printable)) {
    return fail(kMarkingProduct, "в коде товара нет серийного номера или он содержит недопустимые символы.");
  }
  return {};
}

}  // namespace kassaflow::fiscal
