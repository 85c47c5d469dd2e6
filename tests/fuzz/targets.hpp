#pragma once
// What is fuzzed: every reader of bytes from outside. A target feeds them in and checks what must hold for any input;
// it throws Broken when it does not. Deterministic.

#include <array>
#include <stdexcept>
#include <string_view>

namespace kassaflow::fuzz {

struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw Broken(what);
}

void post(std::string_view input);         // PRINT_URL body, or a whole request: form, mapping, rules, digest, record
void decimal(std::string_view input);      // the portal's numbers
void check_apply(std::string_view input);  // the portal's answer to a push
void text(std::string_view input);         // names, contacts
void qr(std::string_view input);           // QR content
void bit_answer(std::string_view input);   // answer of a BIT driver
void itkassa_answer(std::string_view input);  // answers and callbacks of itkassa
void words(std::string_view input);           // sentences of registers, glued of their corpora

struct Target {
  std::string_view name;  // of its folder in corpus/
  void (*run)(std::string_view);
};
inline constexpr std::array kTargets{
    Target{"post", post},
    Target{"decimal", decimal},
    Target{"check_apply", check_apply},
    Target{"text", text},
    Target{"qr", qr},
    Target{"bit_answer", bit_answer},
    Target{"itkassa_answer", itkassa_answer},
    Target{"words", words},
};

}  // namespace kassaflow::fuzz
