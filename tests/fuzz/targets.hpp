#pragma once
// What is fuzzed: every reader of bytes from outside. A target feeds them in and checks what must hold for any input;
// it throws Broken when it does not. Deterministic. It also says by which inputs its readers have to work hardest, and
// does not compile without one: cost_test holds each to work in proportion to its length.

#include <array>
#include <cstddef>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kassaflow::fuzz {

struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw Broken(what);
}

using Run = void (*)(std::string_view input);

// An input that is laborious to read, of any size.
struct Cost {
  static constexpr std::size_t kUsual = 32 * 1024;
  static constexpr std::size_t kLarge = 256 * 1024;  // where bytes might be moved again and again: that is fast

  std::string_view what;  // letters and underscores
  std::string (*input)(std::size_t bytes);
  Run read = nullptr;            // one reader alone; null: the target as a whole
  std::size_t largest = kUsual;  // bytes: where a limit ends the growth, less
};

struct Target {
  template <std::size_t size>
  consteval Target(std::string_view target_name, Run target_run, const Cost (&target_costs)[size])
      : name(target_name), run(target_run), costs(target_costs) {}

  std::string_view name;  // of its file in targets/ and its folder in corpus/
  Run run;
  std::span<const Cost> costs;
};

inline void PrintTo(const Target* target, std::ostream* out) { *out << target->name; }  // for GoogleTest

extern const Target post;            // PRINT_URL body, or a whole request: form, mapping, rules, digest, record
extern const Target decimal;         // the portal's numbers
extern const Target check_apply;     // the portal's answer to a push
extern const Target text;            // names, contacts
extern const Target marking;         // marking codes and product codes
extern const Target qr;              // QR content
extern const Target bit_answer;      // answer of a BIT driver
extern const Target itkassa_answer;  // answers and callbacks of itkassa
extern const Target words;           // sentences of registers, glued of their corpora
extern const Target masking;         // what leaves a driver, with a credential echoed in it
extern const Target records;         // what travels on Kafka
extern const Target documents;       // YAML of configuration documents
extern const Target visible_text;    // whatever is shown to people

inline constexpr std::array kTargets{&post,    &decimal,    &check_apply,    &text,  &marking,
                                     &qr,      &bit_answer, &itkassa_answer, &words, &masking,
                                     &records, &documents,  &visible_text};

}  // namespace kassaflow::fuzz
