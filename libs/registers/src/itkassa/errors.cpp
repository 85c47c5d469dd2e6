#include "itkassa/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "common/text.hpp"

namespace kassaflow::registers::itkassa {
namespace {

struct CodeRow {
  std::int64_t first;
  std::int64_t last;
  Meaning meaning;
};

// Failure policy: fail closed. A printer's fault (44-47, 114, 150) comes after the storage may have signed, so it is
// never "not printed"; neither is a lost link, one to the OFD (135, 139), or an interrupted closing of the receipt.
constexpr std::array kCodes{
    CodeRow{1, 4, Meaning::ambiguous},           // no connection, connection lost
    CodeRow{16, 17, Meaning::data},              // price, quantity
    CodeRow{44, 47, Meaning::ambiguous},         // paper, cover, printer link, mechanics
    CodeRow{66, 66, Meaning::data},              // not fully paid
    CodeRow{68, 68, Meaning::shift_expired},     // longer than 24 h
    CodeRow{73, 73, Meaning::shift_closed},      //
    CodeRow{82, 82, Meaning::ambiguous},         // a receipt is open: whose, only the register knows
    CodeRow{83, 83, Meaning::shift_open},        //
    CodeRow{110, 110, Meaning::data},            // too many positions
    CodeRow{113, 113, Meaning::register_fault},  // state of the storage
    CodeRow{114, 114, Meaning::ambiguous},       // printer overheated
    CodeRow{117, 119, Meaning::register_fault},  // faults of the storage
    CodeRow{120, 121, Meaning::register_fault},  // storage's life over, archive full
    CodeRow{128, 128, Meaning::data},            // VAT sum, tax system, payment, tag combination, total
    CodeRow{134, 134, Meaning::data},            // document too big
    CodeRow{135, 135, Meaning::ambiguous},       // link to the OFD
    CodeRow{136, 137, Meaning::register_fault},  // crypto resource, storage exhausted
    CodeRow{139, 139, Meaning::ambiguous},       // documents the OFD did not get
    CodeRow{140, 140, Meaning::register_fault},  // 30 days without the OFD
    CodeRow{141, 141, Meaning::shift_expired},   //
    CodeRow{143, 145, Meaning::data},            //
    CodeRow{150, 150, Meaning::ambiguous},       // cutter
    CodeRow{160, 160, Meaning::ambiguous},       // duplicated data: to be investigated
    CodeRow{177, 178, Meaning::ambiguous},       // closing or reading the receipt interrupted
    CodeRow{189, 189, Meaning::register_fault},  // licence
    CodeRow{195, 195, Meaning::data},            //
    CodeRow{203, 203, Meaning::ambiguous},       // an unfinished document
    CodeRow{215, 217, Meaning::data},            //
    CodeRow{224, 224, Meaning::register_fault},  // archive closed
    CodeRow{227, 227, Meaning::data},            //
    CodeRow{241, 241, Meaning::ambiguous},       // connection
    CodeRow{243, 243, Meaning::data},            //
    CodeRow{246, 248, Meaning::register_fault},  // licences
    CodeRow{255, 255, Meaning::ambiguous},       // no link with the register
    CodeRow{404, 421, Meaning::data},            // marking codes
};

// nullopt: the table does not know it.
std::optional<Meaning> meaning_of_code(std::string_view code) {
  const std::string_view digits = trimmed(code);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  const auto row = std::ranges::find_if(
      kCodes, [&](const CodeRow& candidate) { return number >= candidate.first && number <= candidate.last; });
  return row == kCodes.end() ? std::nullopt : std::optional(row->meaning);
}

}  // namespace

bool is_no_error(std::string_view code) { return trimmed(code).empty() || trimmed(code) == "0"; }

Meaning meaning_of_result(std::string_view code, std::string_view text) {
  if (is_no_error(code)) return meaning_of(text, Speaker::refusing_service);
  const std::optional<Meaning> of_code = meaning_of_code(code);
  if (!of_code) return meaning_of(text, Speaker::register_itself);
  return meaning_of(text, Speaker::coded_register) == *of_code ? *of_code : Meaning::ambiguous;
}

}  // namespace kassaflow::registers::itkassa
