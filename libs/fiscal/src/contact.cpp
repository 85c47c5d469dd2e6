#include "kassaflow/fiscal/contact.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::size_t kMaxTyped = 500;  // characters that are looked at, of several numbers, say
constexpr std::size_t kMinInternational = 11;
constexpr std::size_t kMaxInternational = 15;

using ascii::is_ascii;
using ascii::is_digit;

// Digits up to the first character that no number has inside ("доб.", a comma, a second number).
std::string leading_digits(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (is_digit(c)) {
      digits += c;
    } else if (std::string_view(" ()-.").find(c) == std::string_view::npos) {
      break;
    }
  }
  return digits;
}

// What copying leaves around an address: blanks, line breaks, marks that are not shown. Never a part of it.
std::string_view without_around(std::string_view text) {
  static constexpr std::string_view kAround[] = {" ",      "\t",     "\r",     "\n",     "\u00A0", "\u00AD", "\u200B",
                                                 "\u200C", "\u200D", "\u200E", "\u200F", "\u202F", "\u2060", "\uFEFF"};
  for (bool changed = true; changed;) {
    changed = false;
    for (const std::string_view piece : kAround) {
      for (; text.starts_with(piece); changed = true) text.remove_prefix(piece.size());
      for (; text.ends_with(piece); changed = true) text.remove_suffix(piece.size());
    }
  }
  return text;
}

// The domain as it travels: "сайт.рф" -> "xn--80aswg.xn--p1ai"; empty when it is no domain.
std::string domain_in_ascii(const std::string& domain) {
  char* made = nullptr;
  if (idn2_to_ascii_8z(domain.c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK) return {};
  const std::unique_ptr<char, void (*)(void*)> owner(made, idn2_free);
  return made;
}

// Numbers of Russia and Kazakhstan begin so (codes 3xx, 4xx, 8xx, 9xx and 6xx, 7xx): at any other nobody answers.
bool has_code_of_seven(std::string_view digits) {
  return std::string_view("346789").find(digits[0]) != std::string_view::npos;
}

bool is_email_character(char c) {
  return c > ' ' && c <= '~' && std::string_view("@,;:<>()[]\\\"").find(c) == std::string_view::npos;
}

}  // namespace

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  if (text.size() > kMaxContact || at == 0 || at == std::string_view::npos) return false;
  const auto domain = text.substr(at + 1);
  return std::ranges::all_of(text.substr(0, at), is_email_character) &&
         std::ranges::all_of(domain, is_email_character) && domain.find('.') != std::string_view::npos &&
         domain.find("..") == std::string_view::npos && domain.front() != '.' && domain.back() != '.';
}

bool is_phone(std::string_view text) {
  return text.starts_with('+') && text.size() > kMinInternational && text.size() <= kMaxInternational + 1 &&
         ascii::all_digits(text.substr(1));
}

std::optional<std::string> normalise_phone(std::string_view typed) {
  const std::string text = normalise(cut(typed, kMaxTyped));
  std::string_view rest = trim(text);
  const bool international = rest.starts_with('+');
  if (international) rest.remove_prefix(1);
  const std::string digits = leading_digits(rest);
  const auto with_seven = [](std::string_view ten) {
    return has_code_of_seven(ten) ? std::optional("+7" + std::string(ten)) : std::nullopt;
  };
  if (digits.size() == 10 && !international) return with_seven(digits);
  // No country code begins with 89: "+8 9…" is the national prefix of Russia typed after a plus.
  const bool russian =
      digits.size() == 11 && (digits.starts_with(international ? "89" : "8") || digits.starts_with('7'));
  if (russian) return with_seven(std::string_view(digits).substr(1));
  if (!international || digits.starts_with('7')) return std::nullopt;  // +7 has ten digits behind it, no more
  if (digits.size() >= kMinInternational && digits.size() <= kMaxInternational) return "+" + digits;
  return std::nullopt;
}

std::optional<std::string> normalise_email(std::string_view typed) {
  std::string address(cut(without_around(typed), kMaxTyped));
  if (const auto at = address.find('@'); at != std::string::npos && !is_ascii(address)) {
    address.replace(at + 1, std::string::npos, domain_in_ascii(address.substr(at + 1)));
  }
  return is_email(address) ? std::optional(std::move(address)) : std::nullopt;
}

std::string buyer_contact(std::string_view email, std::string_view phone) {
  if (auto address = normalise_email(email)) return *std::move(address);
  return normalise_phone(phone).value_or("");
}

}  // namespace kassaflow::fiscal
