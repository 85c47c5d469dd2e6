#pragma once
// Texts of registers: encodings, and words of Russian messages. Pure.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kassaflow::registers {

[[nodiscard]] std::string_view trimmed(std::string_view text);                  // without ASCII blanks around
[[nodiscard]] bool all_digits(std::string_view text);                           // false when empty
[[nodiscard]] std::string_view without_zeros(std::string_view digits);          // "0012" -> "12"
[[nodiscard]] std::string cut_utf8(std::string text, std::size_t limit_bytes);  // cut at a character

// The bytes as UTF-8 without a byte order mark; what is not UTF-8 is read as Windows-1251 (bit-driver.md §7.1).
[[nodiscard]] std::string to_utf8(std::string_view bytes);

[[nodiscard]] std::string base64(std::string_view bytes);

// A whole number as registers write it: "57", 57.0, 4.0E0, "4 200 412 900", "0012", -891781386. Read digit by digit,
// never through floating point; nullopt for a fraction, for more than 20 digits and for anything else.
struct WholeNumber {
  bool negative = false;
  std::string digits;  // with the leading zeros it was told with
};
[[nodiscard]] std::optional<WholeNumber> whole_number(std::string_view text);

// fiscal::parse_rubles of what a register wrote: its dumps have blanks around an amount, and a comma where the device
// speaks Russian.
[[nodiscard]] std::optional<std::int64_t> kopecks_of(std::string_view rubles);

// A word of a message: lower case, ё is е.
struct Word {
  std::string text;
  bool value =
      false;  // names no fact: an identifier (tax_1199, amountCash, an address) or quoted after "товар", "поле"
  bool opens = false;        // first in the text, in a bracket or after [sale]: where an error's number stands
  bool numbered = false;     // after №
  bool after_break = false;  // after punctuation, which ends what a "не" before it denies
  bool percent = false;      // followed by %
};

// WordSequence of a message: runs of letters and digits; GUIDs are left out.
class WordSequence {
 public:
  static constexpr std::size_t kLimit = 2000;

  explicit WordSequence(std::string_view utf8);
  // False when there are more than kLimit: the rest was not read, and might say anything.
  [[nodiscard]] bool whole() const { return whole_; }
  [[nodiscard]] std::size_t size() const { return words_.size(); }
  [[nodiscard]] const Word& operator[](std::size_t index) const { return words_[index]; }
  // True when the words contain `phrase`: beginnings of consecutive words ("нет бумаг"), as in begins().
  [[nodiscard]] bool say(std::string_view phrase) const;
  [[nodiscard]] bool say_any(std::initializer_list<std::string_view> phrases) const;

 private:
  std::vector<Word> words_;
  bool whole_;
};

// A `$` ends a whole word ("фн$"); a beginning that ends with a digit does not continue with one ("24" is in "24ч", not
// in "2400").
[[nodiscard]] bool begins(std::string_view word, std::string_view beginning);
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);  // without empty parts

}  // namespace kassaflow::registers
