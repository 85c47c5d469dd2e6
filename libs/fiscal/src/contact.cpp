#include "kassaflow/fiscal/contact.hpp"

#include <algorithm>

#include "kassaflow/fiscal/text.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::size_t kMinInternational = 11;
constexpr std::size_t kMaxInternational = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

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
         std::ranges::all_of(text.substr(1), is_digit);
}

std::optional<std::string> normalise_phone(std::string_view typed) {
  const std::string text = normalise(typed);
  std::string_view rest = trim(text);
  const bool international = rest.starts_with('+');
  if (international) rest.remove_prefix(1);
  const std::string digits = leading_digits(rest);
  if (digits.size() == 10 && !international) return "+7" + digits;
  // No country code begins with 89: "+8 9…" is the national prefix of Russia typed after a plus.
  const bool russian =
      digits.size() == 11 && (digits.starts_with(international ? "89" : "8") || digits.starts_with('7'));
  if (russian) return "+7" + digits.substr(1);
  if (!international || digits.starts_with('7')) return std::nullopt;  // +7 has ten digits behind it, no more
  if (digits.size() >= kMinInternational && digits.size() <= kMaxInternational) return "+" + digits;
  return std::nullopt;
}

std::string buyer_contact(std::string_view email, std::string_view phone) {
  // What copying leaves around an address may go, nothing inside it.
  const std::string printable = normalise(email);
  const auto address = trim(printable);
  if (is_email(address) && email.find(address) != std::string_view::npos) return std::string(address);
  return normalise_phone(phone).value_or("");
}

}  // namespace kassaflow::fiscal
