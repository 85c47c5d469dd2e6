#include "bit/attributes.hpp"

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "common/text.hpp"
#include "common/wire_time.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::registers::bit {
namespace {

constexpr std::size_t kQrLimit = 200;

// t=<8 digits>T
bool begins_a_qr(std::string_view text) {
  constexpr std::string_view kBeginning = "t=";
  constexpr std::size_t kDayDigits = 8;
  const std::size_t time = kBeginning.size() + kDayDigits;
  return text.size() > time && (text[time] == 'T' || text[time] == 't') &&
         all_digits(text.substr(kBeginning.size(), kDayDigits));
}

// t=<8 digits>T… up to n=<digit>; nothing is a QR unless all six parts are there. Linear in the text.
void add_qrs(std::string_view text, Evidence& evidence) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=&.:-";
  std::size_t run_end = 0;  // of the characters of a QR's content that `at` stands among
  for (std::size_t at = text.find("t="); at != std::string_view::npos; at = text.find("t=", at + 1)) {
    if (at >= run_end) run_end = std::min(text.find_first_not_of(kAlphabet, at), text.size());
    const std::string_view candidate = text.substr(at, std::min(kQrLimit, run_end - at));
    if (!begins_a_qr(candidate)) continue;
    const std::size_t sign = candidate.find("&n=");
    if (sign == std::string_view::npos || sign + 3 >= candidate.size() || !ascii::is_digit(candidate[sign + 3]))
      continue;
    const std::string_view qr = candidate.substr(0, sign + 4);
    const auto has = [&](std::string_view part) { return qr.find(part) != std::string_view::npos; };
    if (has("&s=") && has("&fn=") && has("&i=") && has("&fp=")) evidence.add_qr(qr);
  }
}

// Continuation bytes and letters of UTF-8 Cyrillic count as letters.
bool is_letter(char c) { return ascii::is_letter(c) || static_cast<unsigned char>(c) >= 0x80; }

std::string_view leading_digits(std::string_view text) {
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, ascii::is_digit) - text.begin()));
}

// Digits at the beginning of the text, also "3 115 223 344" and "7380 4408 0000 0001": groups of three after a shorter
// one, or of four. A group that goes on as a price or a date is the next thing's.
std::string number_at(std::string_view text) {
  std::string digits(leading_digits(text));
  const std::size_t first = digits.size();
  std::string_view rest = text.substr(first);
  const std::size_t group = first == 4 ? 4 : 3;
  std::string grouped = digits;
  while (first <= group && rest.starts_with(' ')) {
    const std::string_view next = leading_digits(rest.substr(1));
    const std::string_view after = rest.substr(std::min(rest.size(), 1 + next.size()));
    const bool goes_on = after.size() > 1 && std::string_view(".,:/-").find(after[0]) != std::string_view::npos &&
                         ascii::is_digit(after[1]);
    if (next.size() != group || goes_on) break;
    grouped += next;
    rest = after;
  }
  constexpr std::size_t kFnDigits = 16;
  return group == 3 || grouped.size() == kFnDigits ? grouped : digits;
}

// Number that follows a printed abbreviation: "ФН 7380…", "ФД №1204", "СМЕНА: 57". Empty when something else follows.
// With `marked` the number must be marked as one ("ЧЕК №12", not "КАССОВЫЙ ЧЕК 12").
std::string number_after(std::string_view text, std::string_view label, bool marked) {
  for (std::size_t at = text.find(label); at != std::string_view::npos; at = text.find(label, at + 1)) {
    if (at > 0 && is_letter(text[at - 1])) continue;
    std::string_view rest = text.substr(at + label.size());
    bool mark = false;
    for (int i = 0; i < 6 && !rest.empty() && !ascii::is_digit(rest.front()); ++i) {
      if (rest.starts_with("№")) {
        mark = true;
        rest.remove_prefix(std::string_view("№").size());
      } else if (std::string_view(" \t:#.=-").find(rest.front()) != std::string_view::npos) {
        mark = mark || rest.front() == ':' || rest.front() == '#';
        rest.remove_prefix(1);
      } else {
        break;
      }
    }
    if (std::string number = number_at(rest); !number.empty() && (mark || !marked)) return number;
  }
  return {};
}

// Digits after the last underscore, or a key of digits only.
int tag_of(std::string_view key) {
  const std::size_t underscore = key.rfind('_');
  const std::string_view digits = underscore == std::string_view::npos ? key : key.substr(underscore + 1);
  if (digits.size() != 4 || !all_digits(digits)) return 0;
  return (digits[0] - '0') * 1000 + (digits[1] - '0') * 100 + (digits[2] - '0') * 10 + (digits[3] - '0');
}

void add_time(std::string_view value, Evidence& evidence) {
  value = trimmed(value);
  if (const auto local = local_of(value)) return evidence.add_local_time(*local);
  if (const auto moment = unix_of_iso(value)) return evidence.add_moment(*moment);
  constexpr std::size_t kSecondsDigits = 10;
  const std::optional<WholeNumber> number = whole_number(value);
  if (!number || number->negative || number->digits.size() != kSecondsDigits) return;
  std::int64_t seconds = 0;
  for (const char c : number->digits) seconds = seconds * 10 + (c - '0');
  evidence.add_seconds(seconds);
}

void add_tag(int tag, std::string_view value, Evidence& evidence) {
  switch (tag) {
    case 1012:
      return add_time(value, evidence);
    case 1020:
      if (const auto total = kopecks_of(value)) evidence.add_total(*total);
      return;
    case 1037:
      return evidence.add_registration_number(value);
    case 1038:
      return evidence.add_shift(value);
    case 1040:
      return evidence.add_fd(value);
    case 1041:
      return evidence.add_fn(value);
    case 1042:
      return evidence.add_receipt_number(value);
    case 1054:
      return evidence.add_settlement_type(value);
    case 1077:
      return evidence.add_fp(value);
    default:
      return;
  }
}

// "1077,ФП ДОКУМЕНТА:4200412900": a tag, its title and its value on one line, as registers dump a document.
void add_tag_line(std::string_view line, Evidence& evidence) {
  line = trimmed(line);
  if (line.starts_with('[') || line.starts_with('(')) line.remove_prefix(1);
  const std::string_view tag = leading_digits(line);
  if (tag.size() != 4) return;
  line.remove_prefix(tag.size());
  if (line.empty() || std::string_view(",;:=)] \t-").find(line.front()) == std::string_view::npos) return;
  const std::size_t separator = line.find_first_of(":=");
  if (separator == std::string_view::npos) return;
  std::string_view value = trimmed(line.substr(separator + 1));
  if (tag == "1020") value = value.substr(0, value.find_first_not_of("0123456789.,"));  // "450.00 rub."
  add_tag(tag_of(tag), value, evidence);
}

void add_tag_lines(std::string_view text, Evidence& evidence) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
    add_tag_line(text.substr(0, end), evidence);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void add_structured(const Json& json, Evidence& evidence) {
  if (json.is_string()) {
    add_qrs(json.text, evidence);
    add_tag_lines(json.text, evidence);
  }
  for (const auto& [key, value] : json.values) {
    if (const int tag = tag_of(key); tag != 0) add_tag(tag, value.scalar(), evidence);
    add_structured(value, evidence);
  }
}

struct Label {
  std::string_view text;
  bool marked = false;
};

void add_printed(const Json& json, Evidence& evidence) {
  if (json.is_string()) {
    const std::string_view text = json.text;
    const auto fill = [&](bool missing, auto add, std::initializer_list<Label> labels) {
      for (const Label& label : labels) {
        const std::string number = missing ? number_after(text, label.text, label.marked) : std::string();
        if (!number.empty()) return (evidence.*add)(number);
      }
    };
    const fiscal::FiscalDocument& known = evidence.told();
    fill(known.fn.empty(), &Evidence::add_fn, {{"НОМЕР ФН"}, {"ФН"}, {"Фискальный накопитель"}});
    fill(known.fd == 0, &Evidence::add_fd, {{"НОМЕР ФД"}, {"ФД"}, {"Фискальный документ"}});
    fill(known.fp.empty(), &Evidence::add_fp, {{"ФПД"}, {"ФП ДОКУМЕНТА"}, {"ФП"}, {"Фискальный признак"}});
    fill(!known.shift, &Evidence::add_shift, {{"НОМЕР СМЕНЫ"}, {"СМЕНА"}, {"Смена"}});
    fill(!known.receipt_number, &Evidence::add_receipt_number,
         {{"НОМЕР ЧЕКА ЗА СМЕНУ"}, {"НОМЕР ЧЕКА"}, {"ЧЕК", true}, {"Чек", true}});
    fill(known.registration_number.empty(), &Evidence::add_registration_number,
         {{"РН ККТ"}, {"РЕГ. НОМЕР ККТ"}, {"Рег. номер ККТ"}, {"РНМ"}});
  }
  for (const auto& [key, value] : json.values) add_printed(value, evidence);
}

}  // namespace

// Tags and QR codes must agree; the printed text is only read for what they leave open.
Evidence collect(const Json& answer) {
  Evidence evidence;
  add_structured(answer, evidence);
  add_printed(answer, evidence);
  return evidence;
}

Evidence collect_from_bytes(std::string_view utf8) {
  constexpr std::string_view kEscapedAmpersand = "\\u0026";
  std::string text;
  while (!utf8.empty()) {
    const std::size_t end = std::min(utf8.find(kEscapedAmpersand), utf8.size());
    text += utf8.substr(0, end);
    if (end < utf8.size()) text += '&';
    utf8.remove_prefix(std::min(end + kEscapedAmpersand.size(), utf8.size()));
  }
  Evidence evidence;
  add_qrs(text, evidence);
  return evidence;
}

}  // namespace kassaflow::registers::bit
