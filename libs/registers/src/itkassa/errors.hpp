#pragma once
// What error codes and texts of itkassa mean (protocols/itkassa.md §8). Pure.

#include <string_view>

#include "common/wording.hpp"

namespace kassaflow::registers::itkassa {

// True for "", "0" and blanks: no error.
[[nodiscard]] bool is_no_error(std::string_view code);

// A result of critical_error without a document. The table holds ATOL's numbers, but registers of Shtrih-M answer in
// the same field with their own (113 is a cutter there): a number decides only with words that agree with it. A number
// that is not in the table leaves the words alone; without a number the server itself refuses.
[[nodiscard]] Meaning meaning_of_result(std::string_view code, std::string_view text);

}  // namespace kassaflow::registers::itkassa
