#include "kassaflow/fiscal/text.hpp"

#include "kassaflow/fiscal/contact.hpp"
#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

void run(std::string_view input) {
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

constexpr std::size_t kName = 128;       // characters of a name of goods …
constexpr std::size_t kRead = 64 * 128;  // … and of what is read for one

void as_name(std::string_view input) { (void)fiscal::receipt_text(input, kName); }
void as_contact(std::string_view input) { (void)fiscal::buyer_contact(input, input); }

// Marks in the order that normalisation has to turn round.
std::string marks(std::size_t bytes) { return repeated(bytes, "\u0301\u0323", "e"); }

constexpr Cost kCosts[] = {
    {"marks", marks},
    {"marks_in_a_name", marks, as_name, 2 * kRead},
    {"marks_of_one_kind", [](std::size_t bytes) { return repeated(bytes, "\u0300", "e"); }},
    {"letters_of_other_alphabets", [](std::size_t bytes) { return repeated(bytes, "ﷺǅ각한"); }},
    {"ampersands", [](std::size_t bytes) { return repeated(bytes, "&"); }, as_name, kRead},
    {"entities_in_entities", [](std::size_t bytes) { return repeated(bytes, "&amp;amp;amp;amp;"); }, as_name, kRead},
    {"entities_that_do_not_end", [](std::size_t bytes) { return repeated(bytes, "&#00000000065"); }, as_name, kRead},
    {"tags", [](std::size_t bytes) { return repeated(bytes, "<b "); }, as_name, kRead},
    {"tags_that_do_not_end", [](std::size_t bytes) { return repeated(bytes, "<br\tx=y "); }, as_name, kRead},
    {"comments", [](std::size_t bytes) { return repeated(bytes, "<!--"); }, as_name, kRead},
    {"blanks", [](std::size_t bytes) { return repeated(bytes, " "); }},
    {"what_surrounds_an_address", [](std::size_t bytes) { return repeated(bytes, "\uFEFF\u2060\u202F\u200B \n"); },
     as_contact},
    {"digits", [](std::size_t bytes) { return repeated(bytes, "7"); }},
    {"long_domain", [](std::size_t bytes) { return repeated(bytes, "ж", "a@"); }, as_contact},
    {"windows_1251", [](std::size_t bytes) { return repeated(bytes, "\xEF\xF0\xE8"); }},
};

}  // namespace

constinit const Target text{"text", run, kCosts};

}  // namespace kassaflow::fuzz
