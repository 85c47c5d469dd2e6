#include "src/markup.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/utf8.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::size_t kMaxRounds = 4;   // texts were encoded twice or three times, not more
constexpr std::size_t kMaxEntity = 10;  // characters between "&" and ";"
constexpr std::size_t kMaxTag = 1000;   // characters of a tag with its attributes

// HTML 4 entities of ISO 8859-1, U+00A0 on.
constexpr std::array<std::string_view, 96> kLatin1{
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",   "ordf",
    "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",   "acute",  "micro",
    "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave",
    "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",
    "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",
    "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute",
    "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave",
    "iacute", "icirc",  "iuml",   "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide",
    "oslash", "ugrave", "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml"};

struct Entity {
  std::string_view name;
  char32_t value;
};
// The other ones of HTML 4 that a name of goods may have, and what HTML 5 added.
constexpr std::array kOthers{
    Entity{"quot", U'"'},     Entity{"amp", U'&'},      Entity{"lt", U'<'},      Entity{"gt", U'>'},
    Entity{"apos", U'\''},    Entity{"OElig", 0x152},   Entity{"oelig", 0x153},  Entity{"Scaron", 0x160},
    Entity{"scaron", 0x161},  Entity{"Yuml", 0x178},    Entity{"fnof", 0x192},   Entity{"circ", 0x2C6},
    Entity{"tilde", 0x2DC},   Entity{"ensp", 0x2002},   Entity{"emsp", 0x2003},  Entity{"thinsp", 0x2009},
    Entity{"zwnj", 0x200C},   Entity{"zwj", 0x200D},    Entity{"lrm", 0x200E},   Entity{"rlm", 0x200F},
    Entity{"ndash", 0x2013},  Entity{"mdash", 0x2014},  Entity{"lsquo", 0x2018}, Entity{"rsquo", 0x2019},
    Entity{"sbquo", 0x201A},  Entity{"ldquo", 0x201C},  Entity{"rdquo", 0x201D}, Entity{"bdquo", 0x201E},
    Entity{"dagger", 0x2020}, Entity{"Dagger", 0x2021}, Entity{"bull", 0x2022},  Entity{"hellip", 0x2026},
    Entity{"permil", 0x2030}, Entity{"prime", 0x2032},  Entity{"Prime", 0x2033}, Entity{"lsaquo", 0x2039},
    Entity{"rsaquo", 0x203A}, Entity{"frasl", 0x2044},  Entity{"euro", 0x20AC},  Entity{"numero", 0x2116},
    Entity{"trade", 0x2122},  Entity{"larr", 0x2190},   Entity{"uarr", 0x2191},  Entity{"rarr", 0x2192},
    Entity{"darr", 0x2193},   Entity{"harr", 0x2194},   Entity{"minus", 0x2212}, Entity{"lowast", 0x2217},
    Entity{"radic", 0x221A},  Entity{"infin", 0x221E},  Entity{"asymp", 0x2248}, Entity{"ne", 0x2260},
    Entity{"le", 0x2264},     Entity{"ge", 0x2265},     Entity{"sdot", 0x22C5},  Entity{"Omega", 0x3A9},
    Entity{"mu", 0x3BC},      Entity{"excl", U'!'},     Entity{"num", U'#'},     Entity{"dollar", U'$'},
    Entity{"percnt", U'%'},   Entity{"lpar", U'('},     Entity{"rpar", U')'},    Entity{"ast", U'*'},
    Entity{"plus", U'+'},     Entity{"comma", U','},    Entity{"period", U'.'},  Entity{"sol", U'/'},
    Entity{"colon", U':'},    Entity{"semi", U';'},     Entity{"equals", U'='},  Entity{"quest", U'?'},
    Entity{"commat", U'@'},   Entity{"lowbar", U'_'},   Entity{"Tab", U'\t'},    Entity{"NewLine", U'\n'},
};

// Numbers 128..159 mean windows-1252 wherever HTML is read.
constexpr std::u32string_view kWindows1252 = U"€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";
static_assert(kWindows1252.size() == 0x20);

std::optional<char32_t> numeric(std::string_view digits) {
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return std::nullopt;
  return value >= 0x80 && value < 0xA0 ? kWindows1252[value - 0x80] : static_cast<char32_t>(value);
}

// `name` is what stands between "&" and ";".
std::optional<char32_t> entity(std::string_view name) {
  if (name.starts_with('#')) return numeric(name.substr(1));
  const auto* latin = std::ranges::find(kLatin1, name);
  if (latin != kLatin1.end()) return static_cast<char32_t>(0xA0 + (latin - kLatin1.begin()));
  const auto* other = std::ranges::find(kOthers, name, &Entity::name);
  return other == kOthers.end() ? std::nullopt : std::optional(other->value);
}

// Those that names of goods are full of. They count without ";" too, as browsers have it, and when they are cut.
constexpr std::array<std::string_view, 9> kFrequent{"quot",  "amp",   "lt",    "gt",   "nbsp",
                                                    "laquo", "raquo", "ndash", "mdash"};

struct Read {
  std::size_t length = 0;                        // of the text that was read, 0: no entity
  std::optional<char32_t> value = std::nullopt;  // nothing: one that the end of the text has cut
};

// `text` begins with "&".
Read read_entity(std::string_view text) {
  const auto is_name = [](char c) { return ascii::is_letter(c) || ascii::is_digit(c) || c == '#'; };
  std::size_t end = 1;
  while (end < text.size() && end <= kMaxEntity && is_name(text[end])) ++end;
  const std::string_view name = text.substr(1, end - 1);
  const bool closed = end < text.size() && text[end] == ';';
  const bool number = name.size() > 1 && name.starts_with('#');
  const auto begins = [name](std::string_view known) { return known.starts_with(name); };
  if (!closed && end == text.size() && (number || (name.size() > 1 && std::ranges::any_of(kFrequent, begins)))) {
    return {end, std::ranges::find(kFrequent, name) == kFrequent.end() ? std::nullopt : entity(name)};
  }
  if (!closed && !number && std::ranges::find(kFrequent, name) == kFrequent.end()) return {};
  const auto value = entity(name);
  return value ? Read{end + (closed ? 1 : 0), value} : Read{};
}

std::string with_entities_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const Read read = text.front() == '&' ? read_entity(text) : Read{};
    if (read.value) {
      utf8::append(out, *read.value);
    } else if (read.length == 0) {
      out += text.front();
    }
    text.remove_prefix(std::max<std::size_t>(read.length, 1));
  }
  return out;
}

constexpr std::array<std::string_view, 56> kTags{
    "a",     "abbr", "article", "b",      "big", "blockquote", "body",  "br",    "button", "center",
    "cite",  "code", "dd",      "del",    "div", "dl",         "dt",    "em",    "font",   "h1",
    "h2",    "h3",   "h4",      "h5",     "h6",  "hr",         "html",  "i",     "img",    "ins",
    "label", "li",   "mark",    "nobr",   "ol",  "p",          "pre",   "q",     "s",      "section",
    "small", "span", "strike",  "strong", "sub", "sup",        "table", "tbody", "td",     "th",
    "thead", "tr",   "tt",      "u",      "ul",  "wbr"};

bool is_tag_name(std::string_view name) {
  const auto lower = [](char c) { return ascii::lower(c); };
  return std::ranges::any_of(kTags, [&](std::string_view tag) { return std::ranges::equal(tag, name, {}, {}, lower); });
}

// Length of the tag or comment that `text` begins with, 0 for none. One that the end of the text has cut counts, when
// it cannot be anything else.
std::size_t tag_length(std::string_view text) {
  if (text.starts_with("<!--")) {
    const std::size_t end = text.find("-->");
    return end == std::string_view::npos ? text.size() : end + 3;
  }
  const bool closing = text.starts_with("</");
  const std::size_t begin = closing ? 2 : 1;
  const auto is_name = [](char c) { return ascii::is_letter(c) || ascii::is_digit(c); };
  std::size_t end = begin;
  while (end < text.size() && is_name(text[end])) ++end;
  if (!is_tag_name(text.substr(begin, end - begin))) return 0;
  if (end < text.size() && std::string_view(" \t\r\n/>").find(text[end]) == std::string_view::npos) return 0;
  const std::size_t close = text.substr(0, kMaxTag).find_first_of("<>", end);
  if (close != std::string_view::npos) return text[close] == '>' ? close + 1 : 0;
  return closing || end - begin > 1 ? text.size() : 0;
}

std::string with_tags_as_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = text.front() == '<' ? tag_length(text) : 0;
    out += length == 0 ? text.front() : ' ';
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

}  // namespace

std::string without_markup(std::string_view text) {
  std::string out(text);
  for (std::size_t round = 0; round < kMaxRounds && out.find('&') != std::string::npos; ++round) {
    std::string decoded = with_entities_decoded(out);
    if (decoded == out) break;
    out = std::move(decoded);
  }
  return out.find('<') == std::string::npos ? out : with_tags_as_blanks(out);
}

}  // namespace kassaflow::fiscal
