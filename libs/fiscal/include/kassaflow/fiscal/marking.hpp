#pragma once
// Marking codes: what a scanner reads, what shops make of it, and what a register may be told (protocols/ffd.md §3.7).
// Pure; thread-safe.

#include <string>
#include <string_view>

#include "kassaflow/base/result.hpp"

namespace kassaflow::fiscal {

inline constexpr ErrorKind kMarkingForm{"marking.form"};
inline constexpr ErrorKind kMarkingEmpty{"marking.empty"};
inline constexpr ErrorKind kMarkingCharacters{"marking.characters"};
inline constexpr ErrorKind kMarkingCheckDigit{"marking.check_digit"};
inline constexpr ErrorKind kMarkingGs1{"marking.gs1"};
inline constexpr ErrorKind kMarkingBase64{"marking.base64"};
inline constexpr ErrorKind kMarkingContradiction{"marking.contradiction"};
inline constexpr ErrorKind kMarkingProduct{"marking.product"};

// The code as a scanner delivers it [2000], from what was posted. Taken away: blanks, line breaks and invisible marks
// around it, a symbology prefix ("]d2", "]C1", "]Q3", "]e0", …), separators before and after it. Written separators
// ("<GS>", "\u001d", "␝", …) become GS, HTML entities the signs they mean, readable notation "(01)…(21)…(93)…" the code
// itself, with GS after each element of variable length but the last. Everything else stays byte for byte.
//
// Accepted are (ffd.md §3.7):
//   GS1         01 GTIN 21 serial, then more elements; GS ends one of variable length (GS1 General Specifications §7.8)
//   tobacco     GTIN, serial of 7, then price of 4 and check of 4 or not: 21, 25 or 29 characters
//   EAN-8, EAN-13, ITF-14   all digits
//   fur         RU-430302-ABC1234567
//   EGAIS       68 or 150 capital letters and digits
// GTINs and EANs with a valid check digit. Fails with one of the above and a Russian text, complete without line and
// field, that says what is wrong: letters of a Russian keyboard, blanks inside, a wrong check digit, base64, …
[[nodiscard]] Result<std::string> marking_code(std::string_view posted);

// The product code of FFD 1.05 [1162] that goes with a marking code: type, GTIN, serial. The portal cuts it out of
// fixed places of the posted code (bitrix24.md §5.2), which are wrong for a serial of another length or a code that was
// written, not scanned; such a one is made anew from `code`. Empty when nothing was posted, or when the portal's cut
// means nothing in this form of code. `code` is a result of marking_code(posted).
// Fails with kMarkingContradiction when GTIN or serial are others than the code's.
[[nodiscard]] Result<std::string> product_code_of(std::string_view code, std::string_view posted,
                                                  std::string_view posted_product);

// A product code that came without a marking code: nothing to compare with, so its GTIN must hold. Fails with
// kMarkingProduct. Types other than DataMatrix (44 4D) are taken as they are.
[[nodiscard]] Result<void> check_product_code(std::string_view product);

// Digits whose last one is the GS1 check digit of the others.
[[nodiscard]] bool gtin_holds(std::string_view digits);

}  // namespace kassaflow::fiscal
