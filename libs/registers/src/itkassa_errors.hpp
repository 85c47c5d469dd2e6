#pragma once
// What error codes and texts of itkassa mean (protocols/itkassa.md §8). Pure.

#include <cstdint>
#include <string_view>

namespace kassaflow::registers::itkassa {

enum class ErrorClass : std::uint8_t {
  data,            // the receipt cannot be printed as it is
  register_fault,  // a person must see to the register, the key or the licence
  shift_expired,
  shift_closed,
  shift_open,  // success of openSession
  ambiguous,   // something may have been printed, or the code is unknown
};

// Codes of the register's driver (ATOL's). Shtrih-M has another, uncollected set: a code not in the table is ambiguous.
[[nodiscard]] ErrorClass class_of_code(std::int64_t code);

// The server's own refusal without a code of the register. Fails closed: a text that is not known is ambiguous.
[[nodiscard]] ErrorClass class_of_validation(std::string_view text);

enum class Refusal : std::uint8_t {
  data,            // permanent: the document is wrong
  register_fault,  // key, rights, licence, unknown register
  unclear,         // "try later", "already known": the server does not say that it forgot the document
  not_found,       // answer to a question: there is no such document
  unknown_words,   // nothing of the above: ambiguous (exactly-once.md 8, which wins over §11.1 4)
};
// `code` != 0 of the API's envelope; its values are undocumented, so the text decides.
[[nodiscard]] Refusal class_of_refusal(std::string_view text);

}  // namespace kassaflow::registers::itkassa
