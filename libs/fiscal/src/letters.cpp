#include "src/letters.hpp"

#include <unicode/normalizer2.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <memory>
#include <stdexcept>

#include "kassaflow/text/utf8.hpp"

namespace kassaflow::fiscal::letters {
namespace {

// ICU's own data is missing: the program cannot work as it was installed.
void check(UErrorCode code, const char* what) {
  if (U_FAILURE(code)) throw std::runtime_error(std::string("ICU: no ") + what + ": " + u_errorName(code));
}

const icu::Normalizer2& nfc() {
  static const icu::Normalizer2* const made = [] {
    UErrorCode code = U_ZERO_ERROR;
    const auto* normalizer = icu::Normalizer2::getNFCInstance(code);
    check(code, "NFC");
    return normalizer;
  }();
  return *made;
}

const icu::Normalizer2& nfkd() {
  static const icu::Normalizer2* const made = [] {
    UErrorCode code = U_ZERO_ERROR;
    const auto* normalizer = icu::Normalizer2::getNFKDInstance(code);
    check(code, "NFKD");
    return normalizer;
  }();
  return *made;
}

// A transliterator is for one thread at a time.
const icu::Transliterator& latin_ascii() {
  thread_local const std::unique_ptr<icu::Transliterator> made = [] {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<icu::Transliterator> transliterator(
        icu::Transliterator::createInstance("Latin-ASCII", UTRANS_FORWARD, code));
    check(code, "Latin-ASCII");
    return transliterator;
  }();
  return *made;
}

std::u32string code_points(const icu::UnicodeString& text) {
  std::u32string out;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    out += static_cast<char32_t>(text.char32At(at));
  }
  return out;
}

}  // namespace

std::u32string composed(std::string_view utf8) {
  constexpr UChar32 kReplacement = 0xFFFD;
  // UAX #15, Stream-Safe Text Format. Marks are put into an order, each by a walk over those before it; no writing has
  // more of them on a letter.
  constexpr int kMostMarks = 30;
  icu::UnicodeString text;
  int marks = 0;
  while (!utf8.empty()) {
    const auto [value, length] = utf8::first(utf8);
    const UChar32 c = value == utf8::kMalformed ? kReplacement : static_cast<UChar32>(value);
    marks = u_getCombiningClass(c) == 0 ? 0 : marks + 1;
    if (marks <= kMostMarks) text.append(c);
    utf8.remove_prefix(length);
  }
  UErrorCode code = U_ZERO_ERROR;
  const icu::UnicodeString normal = nfc().normalize(text, code);
  check(code, "NFC of a text");
  return code_points(normal);
}

bool is_mark(char32_t c) {
  const std::int8_t category = u_charType(static_cast<UChar32>(c));
  return category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK;
}

std::u32string parts(char32_t c) {
  icu::UnicodeString text(static_cast<UChar32>(c));
  icu::UnicodeString made_of;
  if (nfkd().getDecomposition(static_cast<UChar32>(c), made_of)) return code_points(made_of);
  UErrorCode code = U_ZERO_ERROR;
  if (uscript_getScript(static_cast<UChar32>(c), &code) == USCRIPT_LATIN) latin_ascii().transliterate(text);
  return code_points(text);
}

}  // namespace kassaflow::fiscal::letters
