#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kassaflow/fiscal/money.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/utf8.hpp"

namespace kassaflow::registers {
namespace {

using ascii::is_digit;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

char32_t lower(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= U'А' && c <= U'Я') return c + 32;
  return c == U'Ё' || c == U'ё' ? U'е' : c;
}

bool is_word_character(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'а' && c <= U'я');
}

enum class Script : std::uint8_t { digit, latin, cyrillic };
Script script_of(char c) {
  if (is_digit(c)) return Script::digit;
  return static_cast<unsigned char>(c) >= 0x80 ? Script::cyrillic : Script::latin;
}

// Letters that look alike: "Cумма" with a Latin C is one of a vendor's own texts. Other mixtures stay.
std::string one_alphabet(const std::string& word) {
  static constexpr std::string_view kLatin = "aceopxykmtbh";
  static constexpr std::array<std::string_view, 12> kCyrillic{"а", "с", "е", "о", "р", "х",
                                                              "у", "к", "м", "т", "в", "н"};
  const auto is = [&](Script script) {
    return std::ranges::any_of(word, [&](char c) { return script_of(c) == script; });
  };
  if (!is(Script::cyrillic) || !is(Script::latin)) return word;
  std::string out;
  for (const char c : word) {
    const std::size_t at = kLatin.find(c);
    if (script_of(c) == Script::latin && at == std::string_view::npos) return word;
    out += at == std::string_view::npos ? std::string_view(&c, 1) : kCyrillic[at];
  }
  return out;
}

// Where a run of letters and digits falls apart: between alphabets, and between digits and a whole word ("1162ФПД",
// "24часа", "ФД1204"; but "24ч", "vat22" and "0x4e" are one).
std::vector<std::string> parts_of(const std::string& word) {
  constexpr std::size_t kLatinWord = 4;
  std::vector<std::string> runs;
  for (const char c : word) {
    if (runs.empty() || script_of(runs.back().back()) != script_of(c)) runs.emplace_back();
    runs.back() += c;
  }
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const Script here = script_of(runs[i].front());
    bool apart = i == 0;
    if (i > 0) {
      const Script before = script_of(runs[i - 1].front());
      const std::string& letters = here == Script::digit ? runs[i - 1] : runs[i];
      const bool alphabets = here != Script::digit && before != Script::digit;
      const bool cyrillic_word =
          script_of(letters.front()) == Script::cyrillic && letters.size() > 2;  // one is 2 bytes
      const bool latin_word = here == Script::latin && i == 1 && runs.size() == 2 && letters.size() >= kLatinWord;
      apart = alphabets || cyrillic_word || latin_word;
    }
    if (apart) {
      parts.push_back(runs[i]);
    } else {
      parts.back() += runs[i];
    }
  }
  return parts;
}

bool is_latin(std::string_view word) {
  return std::ranges::all_of(word, [](char c) { return is_digit(c) || ascii::is_lower(c); });
}

// Length of a GUID at the beginning of the text, 0 when there is none.
std::size_t guid_length(std::string_view text) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  if (text.size() < kShape.size()) return 0;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '-' ? text[i] != '-' : !ascii::is_hex(text[i])) return 0;
  }
  return kShape.size();
}

// The blank-separated piece that begins here is an address: its words are values.
bool is_address(std::string_view text) {
  const std::string_view piece = text.substr(0, text.find_first_of(" \t\r\n"));
  return piece.find('@') != std::string_view::npos || piece.find("://") != std::string_view::npos;
}

bool names_a_value(std::string_view word) {
  static constexpr std::array<std::string_view, 9> kNouns{"товар", "позици", "наименован", "назван", "номенклатур",
                                                          "услуг", "поле$",  "параметр",   "значени"};
  return std::ranges::any_of(kNouns, [&](std::string_view noun) { return begins(word, noun); });
}

// Cuts a message into words and remembers what stood around each.
class Cutter {
 public:
  explicit Cutter(std::vector<Word>& words) : words_(words) {}

  // False when there were more words than are taken.
  bool take(std::string_view text) {
    bool after_blank = true;
    while (!text.empty() && whole_) {
      const std::size_t guid = word_.text.empty() ? guid_length(text) : 0;
      if (guid != 0) {
        text.remove_prefix(guid);
        continue;
      }
      if (after_blank) address_ = is_address(text);
      after_blank = is_blank(text.front());
      const auto [code, length] = utf8::first(text);
      text.remove_prefix(length);
      character(code == utf8::kMalformed ? U' ' : code);
    }
    end_word();
    return whole_;
  }

 private:
  void character(char32_t raw) {
    const char32_t c = lower(raw);
    if (is_word_character(c)) {
      if (word_.text.empty()) {
        word_.opens = opens_;
        word_.numbered = numbered_;
        word_.after_break = after_break_;
        word_.value = address_ || quoted_value_ || underscore_;
      }
      if (raw != c && was_lower_) camel_ = true;
      was_lower_ = raw == c && c >= U'a' && c <= U'z';
      utf8::append(word_.text, c);
      return;
    }
    underscore_ = c == U'_';
    if (underscore_) word_.value = true;
    end_word();
    if (c == U'%' && !words_.empty()) words_.back().percent = true;
    if (c == U'(' || c == U'[' || c == U'{' || c == U']') opens_ = true;
    if (c != U' ' && c != U'\t') after_break_ = true;
    if (c == U'№' || c == U'#') numbered_ = true;
    quote(c);
  }

  void quote(char32_t c) {
    const bool opening = c == U'«' || c == U'“' || c == U'„' || (c == U'"' && !quoted_);
    const bool closing = c == U'»' || c == U'”' || (c == U'"' && quoted_);
    if (opening) quoted_value_ = !words_.empty() && names_a_value(words_.back().text);
    if (closing) quoted_value_ = false;
    if (opening || closing) quoted_ = opening;
  }

  void end_word() {
    if (!word_.text.empty()) {
      for (std::string& part : parts_of(one_alphabet(std::exchange(word_.text, {})))) {
        whole_ = words_.size() < WordSequence::kLimit;
        if (!whole_) break;
        Word word = word_;
        word.value = (word_.value && (quoted_value_ || address_ || is_latin(part))) || (camel_ && is_latin(part));
        word.text = std::move(part);
        words_.push_back(std::move(word));
        word_.opens = word_.numbered = word_.after_break = false;
      }
      word_ = {};
      opens_ = numbered_ = after_break_ = false;
    }
    camel_ = was_lower_ = false;
  }

  std::vector<Word>& words_;
  Word word_;
  bool opens_ = true, numbered_ = false, after_break_ = false, address_ = false, quoted_ = false, quoted_value_ = false;
  bool underscore_ = false, camel_ = false, was_lower_ = false, whole_ = true;
};

constexpr std::size_t kNumberLimit = 20;

// Blanks between digits: ASCII's and the typesetters'.
std::string without_grouping(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::size_t blank = 0;
    for (const std::string_view kind : {" ", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"}) {
      if (text.starts_with(kind)) blank = kind.size();
    }
    const bool between =
        blank != 0 && !plain.empty() && is_digit(plain.back()) && text.size() > blank && is_digit(text[blank]);
    if (!between) plain += text.front();
    text.remove_prefix(between ? blank : 1);
  }
  return plain;
}

// Of "E0", "E+9": 0..20.
std::optional<int> exponent_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  if (!all_digits(text) || text.size() > 2) return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value <= static_cast<int>(kNumberLimit) ? std::optional(value) : std::nullopt;
}

}  // namespace

bool begins(std::string_view word, std::string_view beginning) {
  if (beginning.ends_with('$')) return word == beginning.substr(0, beginning.size() - 1);
  if (beginning.empty() || !word.starts_with(beginning)) return false;
  return !(is_digit(beginning.back()) && word.size() > beginning.size() && is_digit(word[beginning.size()]));
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end != 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

std::string_view without_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

std::string cut_utf8(std::string text, std::size_t limit_bytes) {
  if (text.size() <= limit_bytes) return text;
  std::size_t end = limit_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text;
}

std::string to_utf8(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  return fiscal::is_utf8(bytes) ? std::string(bytes) : fiscal::from_windows_1251(bytes);
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::string_view group = bytes.substr(i, 3);
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = (bits << 8) | (k < group.size() ? static_cast<unsigned char>(group[k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) out += k <= group.size() ? kAlphabet[(bits >> (18 - 6 * k)) & 63u] : '=';
  }
  return out;
}

std::optional<WholeNumber> whole_number(std::string_view text) {
  WholeNumber number;
  std::string plain = without_grouping(trimmed(text));
  std::string_view rest = plain;
  number.negative = rest.starts_with('-');
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  const std::size_t exponent_at = rest.find_first_of("eE");
  const std::optional<int> exponent =
      exponent_at == std::string_view::npos ? 0 : exponent_of(rest.substr(exponent_at + 1));
  rest = rest.substr(0, exponent_at);
  const std::size_t point = std::min(rest.find('.'), rest.size());
  number.digits = rest.substr(0, point);
  std::string fraction(rest.substr(std::min(point + 1, rest.size())));
  const bool dangling = point < rest.size() && fraction.empty();
  if (!exponent || dangling || !all_digits(number.digits) || !(fraction.empty() || all_digits(fraction))) return {};
  // The exponent moves digits over the point.
  for (int i = 0; i < *exponent; ++i) {
    number.digits += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  if (!without_zeros(fraction).empty() || number.digits.size() > kNumberLimit) return std::nullopt;
  return number;
}

std::optional<std::int64_t> kopecks_of(std::string_view rubles) {
  std::string text(trimmed(rubles));
  std::ranges::replace(text, ',', '.');
  const auto sum = fiscal::parse_rubles(text);
  return sum ? std::optional(sum->value()) : std::nullopt;
}

WordSequence::WordSequence(std::string_view utf8) : whole_(Cutter(words_).take(utf8)) {}

bool WordSequence::say(std::string_view phrase) const {
  const std::vector<std::string_view> beginnings = split(phrase, ' ');
  const auto same = [](const Word& word, std::string_view beginning) { return begins(word.text, beginning); };
  return std::search(words_.begin(), words_.end(), beginnings.begin(), beginnings.end(), same) != words_.end();
}

bool WordSequence::say_any(std::initializer_list<std::string_view> phrases) const {
  return std::ranges::any_of(phrases, [&](std::string_view phrase) { return say(phrase); });
}

}  // namespace kassaflow::registers
