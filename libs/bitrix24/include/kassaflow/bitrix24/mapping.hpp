#pragma once
// A parsed PRINT_URL post into the domain's receipt (protocols/bitrix24.md §5, protocols/ffd.md §4, §10). Pure.
//
//   Form::parse → read_post (whose is it?) → map_receipt (what is to be printed?) and content_digest (digest.hpp)

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/bitrix24/form.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::bitrix24 {

// Russian texts for the manager; each names the line and the field: «Позиция 2, поле items[1].price: …».
using Complaints = std::vector<std::string>;

// What identifies a post. Views into the form.
struct Post {
  std::string_view type;
  std::string_view unique_id;    // decimal digits, the portal's primary key of the check
  std::string_view number_kkm;   // may be empty
  std::string_view portal_uuid;  // informational
  std::int64_t date_create_s = 0;
};
[[nodiscard]] Result<Post, Complaints> read_post(const Form& form);

// Value of cashbox_params[SECTION][CODE] by its path "SECTION.CODE"; empty when absent. It may be a secret: compare, do
// not keep.
[[nodiscard]] std::string_view cashbox_param(const Form& form, std::string_view path);

enum class MarkedWithoutCode : std::uint8_t { refuse, allow };  // §5.6

struct MappingSettings {
  const std::map<std::int32_t, fiscal::Vat>& vat;  // portal VAT record id -> plain rate
  MarkedWithoutCode marked_without_code = MarkedWithoutCode::refuse;
  // What the registers print now. It only refuses early what they could not print: the receipt itself tells all that
  // any format needs, because the setting may change before it is printed.
  fiscal::Ffd ffd = fiscal::Ffd::v1_05;
};

// A receipt that keeps fiscal::validate: amounts in kopecks that agree, every check type of §5.3, calculated VAT
// rates for prepayments (§5.5), marking codes as scanned (fiscal/marking.hpp). What is odd and no reason to refuse
// stands in its warnings (fiscal/warnings.hpp). Unknown keys are ignored at every level (form.hpp); anything known that
// cannot be understood is refused.
[[nodiscard]] Result<fiscal::Receipt, Complaints> map_receipt(const Form& form, const MappingSettings& settings);

}  // namespace kassaflow::bitrix24
