#include "bit_attributes.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "text.hpp"
#include "wire_time.hpp"

namespace kassaflow::registers::bit {
namespace {

constexpr std::size_t kQrLimit = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The longest text from `at` that only has characters of a QR's content.
std::string_view qr_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789=&.:-";
  const std::size_t end = std::min(text.find_first_not_of(kAlphabet, at), text.size());
  return text.substr(at, std::min(end - at, kQrLimit));
}

// t=<8 digits>T… up to n=<digit>; nothing is a QR unless all six parts are there.
void add_qrs(std::string_view text, Evidence& evidence) {
  for (std::size_t at = text.find("t=2"); at != std::string_view::npos; at = text.find("t=2", at + 1)) {
    const std::string_view candidate = qr_at(text, at);
    const std::size_t sign = candidate.find("&n=");
    if (sign == std::string_view::npos || sign + 3 >= candidate.size() || !is_digit(candidate[sign + 3])) continue;
    const std::string_view qr = candidate.substr(0, sign + 4);
    const auto has = [&](std::string_view part) { return qr.find(part) != std::string_view::npos; };
    if (has("&s=") && has("&fn=") && has("&i=") && has("&fp=")) evidence.add_qr(qr);
  }
}

// Continuation bytes and letters of UTF-8 Cyrillic count as letters.
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// Digits that follow a printed abbreviation: "ФН 7380…", "ФД №1204", "СМЕНА: 57". Empty when something else follows.
std::string_view digits_after(std::string_view text, std::string_view label) {
  for (std::size_t at = text.find(label); at != std::string_view::npos; at = text.find(label, at + 1)) {
    if (at > 0 && is_letter(text[at - 1])) continue;
    std::string_view rest = text.substr(at + label.size());
    if (rest.starts_with('_')) continue;
    for (int i = 0; i < 6 && !rest.empty() && !is_digit(rest.front()); ++i) {
      if (rest.starts_with("№")) {
        rest.remove_prefix(std::string_view("№").size());
      } else if (std::string_view(" \t:#.=-").find(rest.front()) != std::string_view::npos) {
        rest.remove_prefix(1);
      } else {
        break;
      }
    }
    const auto end = std::ranges::find_if_not(rest, is_digit);
    const std::string_view digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    if (!digits.empty()) return digits;
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

void add_tag(int tag, const Json& value, Evidence& evidence) {
  switch (tag) {
    case 1012:
      if (const auto local = local_of(value.text)) evidence.add_local_time(*local);
      break;
    case 1020:
      if (const auto total = kopecks_of(value.text)) evidence.add_total(*total);
      break;
    case 1037:
      evidence.add_registration_number(value.digits());
      break;
    case 1038:
      evidence.add_shift(value.digits());
      break;
    case 1040:
      evidence.add_fd(value.digits());
      break;
    case 1041:
      evidence.add_fn(value.digits());
      break;
    case 1042:
      evidence.add_receipt_number(value.digits());
      break;
    case 1054:
      evidence.add_sign(value.digits());
      break;
    case 1077:
      evidence.add_fp(value.digits());
      break;
    default:
      break;
  }
}

void add_structured(const Json& json, Evidence& evidence) {
  if (json.is_string()) add_qrs(json.text, evidence);
  for (const auto& [key, value] : json.values) {
    add_tag(tag_of(key), value, evidence);
    add_structured(value, evidence);
  }
}

void add_printed(const Json& json, Evidence& evidence) {
  if (json.is_string()) {
    const std::string_view text = json.text;
    const auto fill = [&](bool missing, auto add, std::initializer_list<std::string_view> labels) {
      for (const std::string_view label : labels) {
        const std::string_view digits = missing ? digits_after(text, label) : std::string_view();
        if (!digits.empty()) return (evidence.*add)(digits);
      }
    };
    const fiscal::FiscalDocument& known = evidence.told();
    fill(known.fn.empty(), &Evidence::add_fn, {"ФН"});
    fill(known.fd == 0, &Evidence::add_fd, {"ФД"});
    fill(known.fp.empty(), &Evidence::add_fp, {"ФПД", "ФП"});
    fill(!known.shift, &Evidence::add_shift, {"СМЕНА", "Смена"});
    fill(known.registration_number.empty(), &Evidence::add_registration_number, {"РН ККТ"});
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
  std::string text(utf8);
  constexpr std::string_view kEscapedAmpersand = "\\u0026";
  for (std::size_t at = text.find(kEscapedAmpersand); at != std::string::npos; at = text.find(kEscapedAmpersand, at)) {
    text.replace(at, kEscapedAmpersand.size(), "&");
  }
  Evidence evidence;
  add_qrs(text, evidence);
  return evidence;
}

}  // namespace kassaflow::registers::bit
