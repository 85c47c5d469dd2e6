#include "kassaflow/fiscal/text.hpp"

#include "kassaflow/fiscal/contact.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {

void text(std::string_view input) {
  using namespace fiscal;
  const std::string normal = normalise(input);
  require(is_utf8(normal) && is_printable(normal), "a normalised text can be printed");
  require(normalise(normal) == normal, "a normalised text stays as it is");
  constexpr std::size_t kLimit = 16;
  const std::string name = receipt_text(input, kLimit);
  require(is_printable(name) && characters(name) <= kLimit && trim(name) == name, "a name fits");
  require(is_utf8(input) ? is_utf8(cut(input, kLimit)) : true, "a cut leaves no half character");
  require(characters(cut(input, kLimit)) <= kLimit, "a cut counts");
  const std::string decoded = from_windows_1251(input);
  require(is_utf8(decoded) && characters(decoded) == input.size(), "every byte of windows-1251 is one character");
  const auto phone = normalise_phone(input);
  require(!phone || (is_phone(*phone) && normalise_phone(*phone) == phone), "a phone stays as it is");
  const std::string contact = buyer_contact(input, input);
  require(contact.empty() || is_email(contact) || is_phone(contact), "a contact is an address or a phone");
}

}  // namespace kassaflow::fuzz
