#include "itkassa_errors.hpp"

#include <algorithm>
#include <array>

#include "text.hpp"

namespace kassaflow::registers::itkassa {
namespace {

struct CodeRow {
  std::int64_t first;
  std::int64_t last;
  ErrorClass meaning;
};

// Failure policy: fail closed. A printer's fault (44-47, 114, 150) comes after the storage may have signed, so it is
// never "not printed"; neither is a lost link or an interrupted closing of the receipt.
constexpr std::array kCodes{
    CodeRow{1, 4, ErrorClass::ambiguous},           // no connection, connection lost
    CodeRow{16, 17, ErrorClass::data},              // price, quantity
    CodeRow{44, 47, ErrorClass::ambiguous},         // paper, cover, printer link, mechanics
    CodeRow{66, 66, ErrorClass::data},              // not fully paid
    CodeRow{68, 68, ErrorClass::shift_expired},     // longer than 24 h
    CodeRow{73, 73, ErrorClass::shift_closed},      //
    CodeRow{82, 82, ErrorClass::ambiguous},         // a receipt is open: whose, only the register knows
    CodeRow{83, 83, ErrorClass::shift_open},        //
    CodeRow{110, 110, ErrorClass::data},            // too many positions
    CodeRow{113, 113, ErrorClass::register_fault},  // state of the storage
    CodeRow{114, 114, ErrorClass::ambiguous},       // printer overheated
    CodeRow{117, 119, ErrorClass::register_fault},  // faults of the storage
    CodeRow{120, 121, ErrorClass::register_fault},  // storage's life over, archive full
    CodeRow{128, 128, ErrorClass::data},            // VAT sum, tax system, payment, tag combination, total
    CodeRow{134, 134, ErrorClass::data},            // document too big
    CodeRow{135, 137, ErrorClass::register_fault},  // OFD transport, crypto resource, storage exhausted
    CodeRow{139, 140, ErrorClass::register_fault},  // unsent documents, 30 days
    CodeRow{141, 141, ErrorClass::shift_expired},   //
    CodeRow{143, 145, ErrorClass::data},            //
    CodeRow{150, 150, ErrorClass::ambiguous},       // cutter
    CodeRow{160, 160, ErrorClass::ambiguous},       // duplicated data: to be investigated
    CodeRow{177, 178, ErrorClass::ambiguous},       // closing or reading the receipt interrupted
    CodeRow{189, 189, ErrorClass::register_fault},  // licence
    CodeRow{195, 195, ErrorClass::data},            //
    CodeRow{203, 203, ErrorClass::ambiguous},       // an unfinished document
    CodeRow{215, 217, ErrorClass::data},            //
    CodeRow{224, 224, ErrorClass::register_fault},  // archive closed
    CodeRow{227, 227, ErrorClass::data},            //
    CodeRow{241, 241, ErrorClass::ambiguous},       // connection
    CodeRow{243, 243, ErrorClass::data},            //
    CodeRow{246, 248, ErrorClass::register_fault},  // licences
    CodeRow{255, 255, ErrorClass::ambiguous},       // no link with the register
    CodeRow{404, 421, ErrorClass::data},            // marking codes
};

}  // namespace

ErrorClass class_of_code(std::int64_t code) {
  const auto row = std::ranges::find_if(
      kCodes, [&](const CodeRow& candidate) { return code >= candidate.first && code <= candidate.last; });
  return row == kCodes.end() ? ErrorClass::ambiguous : row->meaning;
}

ErrorClass class_of_validation(std::string_view text) {
  const Words words(text);
  const bool touched_register =
      words.say_any({"ккт", "выполнен", "исполнен", "касс", "напечат", "связ", "executed", "printed"});
  const bool names_fault = words.say_any({"не заполнен", "не указан", "не задан", "обязательн", "отсутств", "некоррект",
                                          "неверн", "недопуст", "не соответ", "слишком", "too long", "валидац",
                                          "required", "invalid", "validation", "missing", "cannot be blank"});
  return names_fault && !touched_register ? ErrorClass::data : ErrorClass::ambiguous;
}

Refusal class_of_refusal(std::string_view text) {
  const Words words(text);
  if (words.say_any({"идемпотент", "idemp",      "уже принят", "уже существует",
                     "повторн",    "дубл",       "duplicate",  "already",
                     "попробуйте", "повторите",  "позже",      "временно",
                     "перегруж",   "недоступен", "недоступна", "внутренняя ошибка",
                     "таймаут",    "тайм аут",   "timeout",    "temporar",
                     "try again",  "later",      "internal",   "unavailable",
                     "too many"})) {
    return Refusal::unclear;
  }
  if (words.say_any({"ключ", "api key", "apikey", "доступ", "авториз", "нет прав", "unauthor", "forbidden", "лиценз",
                     "тариф", "оплатите", "заблокир", "creitem", "касса не", "ккт не"})) {
    return Refusal::register_fault;
  }
  if (words.say_any({"не найден", "not found", "не существует", "отсутствует документ"})) return Refusal::not_found;
  // Words we do not know prove nothing (exactly-once.md 8).
  return class_of_validation(text) == ErrorClass::data ? Refusal::data : Refusal::unknown_words;
}

}  // namespace kassaflow::registers::itkassa
