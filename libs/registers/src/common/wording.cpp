#include "common/wording.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/text.hpp"
#include "common/wording_lists.hpp"
#include "kassaflow/base/check.hpp"

namespace kassaflow::registers {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::size_t kInitials = 256;

// Of a word or of the beginning of one: alike for a word and what it begins with. Words are of ASCII and of Russian
// letters, whose two bytes differ in seven bits.
std::size_t initial_of(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return first;
  const auto second = static_cast<unsigned char>(text.size() > 1 ? text[1] : 0);
  return 0x80U | (first & 1U) << 6U | (second & 0x3FU);
}

// A long list, of which only those with its initial are compared with a word.
class Lexicon {
 public:
  explicit Lexicon(Texts phrases) {
    for (const std::string_view phrase : phrases) near_.at(initial_of(phrase)).push_back(phrase);
  }
  [[nodiscard]] Texts near(std::string_view word) const { return near_.at(initial_of(word)); }

 private:
  std::array<std::vector<std::string_view>, kInitials> near_;
};

const Lexicon& document_words() {
  static const Lexicon lexicon(kDocumentWords);
  return lexicon;
}
const Lexicon& future_words() {
  static const Lexicon lexicon(kFutureWords);
  return lexicon;
}
const Lexicon& device_words() {
  static const Lexicon lexicon(kDeviceWords);
  return lexicon;
}
const Lexicon& neutral_words() {
  static const Lexicon lexicon(kNeutralWords);
  return lexicon;
}

// A stem of a participle; not the noun ("выполнение") and not the infinitive ("закрыть").
bool is_participle(std::string_view word, std::string_view stem) {
  if (!begins(word, stem)) return false;
  const std::string_view bare = stem.ends_with('$') ? stem.substr(0, stem.size() - 1) : stem;
  const bool noun = (bare.ends_with("ен") || bare.ends_with("ан")) && word.substr(bare.size()).starts_with("и");
  return !noun && (stem.ends_with('$') || !word.ends_with("ть"));
}

bool is_negation(std::string_view word) { return word == "не" || word == "not"; }
bool is_auxiliary(std::string_view word) { return begins(word, "был") || word == "been" || word == "be"; }

// The word before `at` that may negate it, jumping over "был"; not across a comma or a full stop.
bool is_negated(const WordSequence& words, std::size_t at) {
  if (words[at].after_break) return false;
  if (at > 0 && is_negation(words[at - 1].text)) return true;
  return at > 1 && is_auxiliary(words[at - 1].text) && is_negation(words[at - 2].text);
}

bool stands_at(const WordSequence& words, std::size_t at, std::string_view phrase) {
  while (!phrase.empty()) {
    const std::string_view part = phrase.substr(0, phrase.find(' '));
    if (at >= words.size() || !begins(words[at].text, part)) return false;
    phrase.remove_prefix(std::min(part.size() + 1, phrase.size()));
    ++at;
  }
  return true;
}

bool any_at(const WordSequence& words, std::size_t at, Texts phrases) {
  return std::ranges::any_of(phrases, [&](std::string_view phrase) { return stands_at(words, at, phrase); });
}

bool any_at(const WordSequence& words, std::size_t at, const Lexicon& phrases) {
  return any_at(words, at, phrases.near(words[at].text));
}

bool is_document_word(const WordSequence& words, std::size_t at) {
  return std::ranges::any_of(document_words().near(words[at].text),
                             [&](std::string_view stem) { return is_participle(words[at].text, stem); });
}

// The word hints at a document, at what is to come or at a fault beyond the storage.
bool tells_more(const WordSequence& words, std::size_t at) {
  return is_document_word(words, at) || any_at(words, at, future_words()) || any_at(words, at, device_words());
}

bool has_digit(const Word& word) {
  return std::ranges::any_of(word.text, [](char c) { return c >= '0' && c <= '9'; });
}

// A document's word grown together with another ("часапробит"): no part of a phrase may hide it.
bool hides_document_word(std::string_view word) {
  constexpr std::size_t kTelling = 8;  // bytes
  return std::ranges::any_of(kDocumentWords, [&](std::string_view stem) {
    const std::size_t at = stem.size() < kTelling ? std::string_view::npos : word.find(stem, 1);
    return at != std::string_view::npos;
  });
}

// "ФД 1204", "fd1204": the number of a document.
bool names_storage(std::string_view word) {
  for (const std::string_view label : {"фн", "фд", "фп", "фпд", "fn", "fd", "fp"}) {
    if (word == label || (word.starts_with(label) && all_digits(word.substr(label.size())))) return true;
  }
  return false;
}

// An error's number, not a document's: "[68]", "142-ККТ", "ошибка 0x4E".
bool is_error_number(const WordSequence& words, std::size_t at) {
  constexpr std::size_t kErrorDigits = 5;
  if (words[at].text.size() > kErrorDigits || words[at].percent) return false;
  if (words[at].opens) return true;
  static constexpr std::string_view kLabels[] = {"ошибк", "error", "err$", "код$", "code", "errcode"};
  return at > 0 && any_at(words, at - 1, kLabels);
}

struct Element {
  std::vector<std::string_view> alternatives;
  bool filler = false;
  bool optional = false;
  bool anchor = false;
};
struct Pattern {
  const Row* row;
  std::vector<Element> elements;
};

void add_alternatives(std::vector<std::string_view>& to, std::string_view text) {
  for (const std::string_view part : split(text, '|')) {
    if (part == "@bad") add_alternatives(to, kBad);
    if (part == "@field") add_alternatives(to, kFields);
    if (part == "@contact") add_alternatives(to, kContacts);
    if (part == "@unmet") add_alternatives(to, kUnmet);
    if (part == "@how") add_alternatives(to, kWrongHow);
    if (!part.starts_with('@')) to.push_back(part);
  }
}

Element element_of(std::string_view text) {
  Element element;
  element.filler = text == "*";
  element.anchor = text == "^";
  std::string_view rest = text;
  if (!element.filler && rest.find('?') != std::string_view::npos) element.optional = true;
  if (element.filler || element.anchor) return element;
  for (std::string_view part : split(rest, '|')) {
    if (part.ends_with('?')) part.remove_suffix(1);
    add_alternatives(element.alternatives, part);
  }
  return element;
}

// The phrases of a list, by the initials of words they may begin with.
class Patterns {
 public:
  explicit Patterns(std::span<const Row> rows) {
    for (const Row& row : rows) {
      Pattern pattern{&row, {}};
      for (const std::string_view part : split(row.phrase, ' ')) pattern.elements.push_back(element_of(part));
      patterns_.push_back(std::move(pattern));
    }
    for (const Pattern& pattern : patterns_) {
      for (const std::size_t initial : initials_of(pattern.elements)) near_.at(initial).push_back(&pattern);
    }
  }
  [[nodiscard]] std::span<const Pattern* const> near(std::string_view word) const { return near_.at(initial_of(word)); }

 private:
  static std::set<std::size_t> initials_of(std::span<const Element> elements) {
    std::set<std::size_t> initials;
    for (const Element& element : elements) {
      check(!element.filler, "a phrase begins with a word");
      for (const std::string_view part : element.alternatives) initials.insert(initial_of(part));
      if (!element.anchor && !element.optional) break;
    }
    return initials;
  }

  std::vector<Pattern> patterns_;
  std::array<std::vector<const Pattern*>, kInitials> near_;
};

bool is_field(const WordSequence& words, std::size_t at) {
  static const Lexicon fields(element_of("@field").alternatives);
  return any_at(words, at, fields);
}

// The text is about a number as long as a fiscal sign's or a storage's, but of the receipt's data.
bool speaks_of_long_numbers(const WordSequence& words) {
  return words.say_any({"инн$", "inn$", "телефон", "phone", "gtin", "маркир", "км$", "ean", "код товар"});
}

// A number that belongs to the receipt's data: not a document's, and not long enough for a sign or a storage unless
// the text is about such a number (`long_numbers`).
bool is_number_of_data(const WordSequence& words, std::size_t at, bool long_numbers) {
  constexpr std::size_t kShortDigits = 8;
  static constexpr std::string_view kDocuments[] = {"чек", "документ", "номер$", "n$", "no$", "receipt", "document"};
  static constexpr std::string_view kCounted[] = {"строк", "товар", "код", "ошибк"};
  if (at > 0 && (any_at(words, at - 1, kDocuments) || names_storage(words[at - 1].text))) return false;
  if (words[at].numbered && (at == 0 || !(is_field(words, at - 1) || any_at(words, at - 1, kCounted)))) return false;
  return words[at].text.size() <= kShortDigits || long_numbers;
}

// WordSequence a phrase may step over.
bool is_filler(const WordSequence& words, std::size_t at, bool long_numbers) {
  const Word& word = words[at];
  if (names_storage(word.text) || tells_more(words, at)) return false;
  if (has_digit(word)) return is_number_of_data(words, at, long_numbers);
  return word.value || word.text.size() <= 1 || any_at(words, at, neutral_words()) || is_field(words, at);
}

// Number of words from `at` that the elements cover, the shortest way; nullopt when they do not stand there.
std::optional<std::size_t> covered(const WordSequence& words, const std::vector<bool>& fillers, std::size_t at,
                                   std::span<const Element> elements) {
  if (elements.empty()) return 0;
  const Element& first = elements.front();
  const auto rest = elements.subspan(1);
  if (first.anchor) {
    return at < words.size() && words[at].opens ? covered(words, fillers, at, rest) : std::nullopt;
  }
  if (first.filler) {
    constexpr std::size_t kFillerLimit = 5;
    for (std::size_t skipped = 0; skipped <= kFillerLimit; ++skipped) {
      if (const auto after = covered(words, fillers, at + skipped, rest)) return skipped + *after;
      if (at + skipped >= words.size() || !fillers[at + skipped]) break;
    }
    return std::nullopt;
  }
  const bool here =
      at < words.size() &&
      std::ranges::any_of(first.alternatives, [&](std::string_view part) { return begins(words[at].text, part); });
  if (here) {
    if (const auto after = covered(words, fillers, at + 1, rest)) return 1 + *after;
  }
  return first.optional ? covered(words, fillers, at, rest) : std::nullopt;
}

// What the phrases of the closed list make of a text.
struct Reading {
  std::vector<bool> known;         // the word belongs to a phrase
  std::vector<const Row*> spoken;  // in order
  bool long_numbers;               // speaks_of_long_numbers
};

Reading read(const WordSequence& words, const Patterns& patterns, Speaker speaker) {
  Reading reading{std::vector<bool>(words.size()), {}, speaks_of_long_numbers(words)};
  std::vector<bool> fillers(words.size());
  for (std::size_t at = 0; at < words.size(); ++at) fillers[at] = is_filler(words, at, reading.long_numbers);
  const unsigned heard = 1U << static_cast<unsigned>(speaker);
  for (std::size_t at = 0; at < words.size();) {
    std::size_t longest = 0;
    const Row* spoken = nullptr;
    if (!is_negated(words, at)) {
      for (const Pattern* pattern : patterns.near(words[at].text)) {
        if ((pattern->row->heard & heard) == 0) continue;
        const auto length = covered(words, fillers, at, pattern->elements);
        if (length && *length > longest) {
          longest = *length;
          spoken = pattern->row;
        }
      }
    }
    if (spoken != nullptr) reading.spoken.push_back(spoken);
    for (std::size_t i = at; i < at + longest; ++i) reading.known[i] = true;
    at += std::max<std::size_t>(longest, 1);
  }
  return reading;
}

// The one meaning of what was spoken; advice gives way to statements.
Meaning agreed(const Reading& reading) {
  const bool stated = std::ranges::any_of(reading.spoken, [](const Row* row) { return !row->advice; });
  Meaning meaning = Meaning::unclear;
  for (const Row* row : reading.spoken) {
    if (row->advice && stated) continue;
    if (meaning != Meaning::unclear && meaning != row->meaning) return Meaning::unclear;
    meaning = row->meaning;
  }
  return meaning;
}

// WordSequence of neutral phrases of more than one word ("не удалось"), whatever they are alone.
std::vector<bool> neutral_phrases(const WordSequence& words) {
  std::vector<bool> neutral(words.size());
  for (const std::string_view phrase : kNeutralWords) {
    if (phrase.find(' ') == std::string_view::npos) continue;
    const auto length = static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1;
    for (std::size_t at = 0; at < words.size(); ++at) {
      if (!stands_at(words, at, phrase)) continue;
      for (std::size_t i = at; i < at + length; ++i) neutral[i] = true;
    }
  }
  return neutral;
}

// "не", "not", "не был" before a word that may be ignored when negated.
bool negates_negatable(const WordSequence& words, std::size_t at) {
  if (!is_negation(words[at].text) && !is_auxiliary(words[at].text)) return false;
  if (is_auxiliary(words[at].text) && !is_negated(words, at)) return false;
  const std::size_t next = at + 1 < words.size() && is_auxiliary(words[at + 1].text) ? at + 2 : at + 1;
  return next < words.size() && any_at(words, next, kNegatable);
}

// The word, outside every phrase, leaves the meaning as it is.
bool adds_nothing(const WordSequence& words, const Reading& reading, std::size_t at, Meaning meaning) {
  constexpr std::size_t kCredentialLength = 20;
  const Word& word = words[at];
  if (negates_negatable(words, at) || (any_at(words, at, kNegatable) && is_negated(words, at))) return true;
  if (is_negation(word.text) || is_auxiliary(word.text)) return false;
  // "ФН: Исчерпан ресурс хранения" begins with who speaks; a number after it would be the storage's.
  const bool numbered = at + 1 < words.size() && has_digit(words[at + 1]);
  if (names_storage(word.text)) return word.text == "фн" && word.opens && !numbered;
  if (tells_more(words, at)) return false;
  if (has_digit(word)) {
    return is_error_number(words, at) ||
           (meaning == Meaning::data && is_number_of_data(words, at, reading.long_numbers)) ||
           (meaning == Meaning::register_fault && word.text.size() >= kCredentialLength);
  }
  if (word.value && (meaning == Meaning::data || meaning == Meaning::register_fault)) return true;
  return word.text.size() <= 1 || any_at(words, at, neutral_words()) ||
         (meaning == Meaning::data && is_field(words, at));
}

Meaning certain_meaning(const WordSequence& words, const Reading& reading) {
  const Meaning meaning = agreed(reading);
  if (meaning == Meaning::unclear || !words.whole()) return Meaning::unclear;
  const std::vector<bool> neutral = neutral_phrases(words);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (hides_document_word(words[at].text)) return Meaning::unclear;
    if (!reading.known[at] && !neutral[at] && !adds_nothing(words, reading, at, meaning)) return Meaning::unclear;
  }
  return meaning;
}

// "ФД 1204", "fd1204", "чек № 12": a document by its number; "в ФН": by its place.
bool numbers_document(const WordSequence& words, std::size_t at) {
  static constexpr std::string_view kDocuments[] = {"чек", "документ", "receipt", "document"};
  if (stands_at(words, at, "в$ фн$")) return true;
  const bool number_follows = at + 1 < words.size() && all_digits(words[at + 1].text);
  if (names_storage(words[at].text)) return number_follows || has_digit(words[at]);
  const std::size_t next = at + 1 < words.size() && begins(words[at + 1].text, "номер$") ? at + 2 : at + 1;
  return any_at(words, at, kDocuments) && next < words.size() && all_digits(words[next].text) &&
         (words[next].numbered || next == at + 2);
}

bool says_document(const WordSequence& words, const std::vector<bool>& known) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (known[at]) continue;
    if (numbers_document(words, at) || (is_document_word(words, at) && !is_negated(words, at))) return true;
  }
  return false;
}

const Patterns& refusals() {
  static const Patterns patterns(kRefusals);
  return patterns;
}

template <class Phrases>
bool says_any(const WordSequence& words, const Phrases& phrases) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (any_at(words, at, phrases)) return true;
  }
  return false;
}

}  // namespace

bool is_refusal(Meaning meaning) { return meaning >= Meaning::shift_expired; }

Meaning meaning_of(std::string_view utf8, Speaker speaker) {
  const WordSequence words(utf8);
  const Reading reading = read(words, refusals(), speaker);
  const Meaning certain = certain_meaning(words, reading);
  if (certain != Meaning::unclear) return certain;
  if (says_any(words, kDuplicates)) return Meaning::duplicate;
  if (says_document(words, reading.known)) return Meaning::document;
  return says_any(words, device_words()) ? Meaning::ambiguous : Meaning::unclear;
}

bool says_document(std::string_view utf8) {
  const WordSequence words(utf8);
  return !words.whole() || says_document(words, std::vector<bool>(words.size()));
}

bool says_future(std::string_view utf8) { return says_any(WordSequence(utf8), future_words()); }

bool says_not_found(std::string_view utf8) {
  static const Patterns patterns(kNotFound);
  const WordSequence words(utf8);
  return certain_meaning(words, read(words, patterns, Speaker::refusing_service)) == Meaning::data;
}

bool denies_success(std::string_view utf8) {
  static constexpr std::string_view kDenials[] = {"не удалось", "невозможн", "отказ",  "отклон", "запрещ",
                                                  "сбой",       "прерван",   "error",  "fail",   "denied",
                                                  "refused",    "отменен",   "аннулир"};
  static constexpr std::string_view kTroubles[] = {
      "бумаг",    "лент",      "крышк",    "принтер",    "резак",      "отрез",           "механич",
      "перегре",  "связ",      "соединен", "таймаут",    "тайм аут",   "timeout",         "не отвеча",
      "порт$",    "потер",     "отключен", "выключен",   "не подключ", "питан",           "аварийн",
      "незаверш", "не заверш", "ожидан",   "чек открыт", "открыт чек", "документ открыт", "открытый чек"};
  const WordSequence words(utf8);
  if (!words.whole()) return true;
  const bool no_error = words.say_any({"ошибок нет", "нет ошибок", "без ошибок", "no error", "without error"});
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (is_document_word(words, at) && is_negated(words, at)) return true;
    if (begins(words[at].text, "ошиб") && !no_error) return true;
    if (any_at(words, at, kDenials) && !(no_error && begins(words[at].text, "error"))) return true;
  }
  if (says_any(words, kTroubles) || words.say_any({"повторн", "дубл", "duplicate"})) return true;
  const Reading reading = read(words, refusals(), Speaker::refused_packet);
  return std::ranges::any_of(reading.spoken, [](const Row* row) {
    return row->meaning != Meaning::shift_open && row->meaning != Meaning::shift_closed;
  });
}

}  // namespace kassaflow::registers
