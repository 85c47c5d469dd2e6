#pragma once
// The buyer's contact [1008]: an e-mail, or a phone as +79991234567.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kassaflow::fiscal {

inline constexpr std::size_t kMaxContact = 64;
inline constexpr std::size_t kMaxPhone = 19;  // [1171]

// ASCII, one @, a domain with a dot, at most kMaxContact characters.
[[nodiscard]] bool is_email(std::string_view text);
// "+" and 11..15 digits.
[[nodiscard]] bool is_phone(std::string_view text);

// An address as people copy it: blanks and invisible characters around it do not matter, nothing inside it is changed.
// The domain may be of any language and becomes ASCII ("test@сайт.рф" -> "test@xn--80aswg.xn--p1ai"), the name before
// it must be ASCII. std::nullopt when it is none.
[[nodiscard]] std::optional<std::string> normalise_email(std::string_view typed);

// A number as people type it: "8 (900) 123-45-67", "9001234567" -> "+79001234567". A foreign one must begin with "+".
// The first number of several is taken. std::nullopt when there is none, or none that can exist ("+7 000 …").
[[nodiscard]] std::optional<std::string> normalise_phone(std::string_view typed);

// The e-mail when it is one, else the phone when it is one, else an empty string.
[[nodiscard]] std::string buyer_contact(std::string_view email, std::string_view phone);

}  // namespace kassaflow::fiscal
