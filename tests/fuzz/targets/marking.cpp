#include "kassaflow/fiscal/marking.hpp"

#include <algorithm>

#include "laborious.hpp"
#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

// A line: what was posted as the code; the rest: as the product code.
void run(std::string_view input) {
  const std::string_view posted = input.substr(0, input.find('\n'));
  const std::string_view product = input.substr(std::min(posted.size() + 1, input.size()));
  (void)fiscal::check_product_code(product);
  const auto code = fiscal::marking_code(posted);
  if (!code) return require(!code.error().message.empty(), "a refusal says why");
  const auto is_code = [](char c) { return (c > ' ' && c <= '~') || c == 0x1D; };
  require(!code->empty() && std::ranges::all_of(*code, is_code), "a code holds characters of codes");
  (void)fiscal::product_code_of(*code, posted, product);
}

constexpr std::size_t kLongest = 1000;  // bytes; what is longer is not looked at

constexpr Cost kCosts[] = {
    {"open_brackets", [](std::size_t bytes) { return repeated(bytes, "("); }, nullptr, kLongest},
    {"elements_in_brackets", [](std::size_t bytes) { return repeated(bytes, "(21)a"); }, nullptr, kLongest},
    {"open_brackets_after_an_element", [](std::size_t bytes) { return repeated(bytes, "(1", "(01)"); }, nullptr,
     kLongest},
    {"written_separators", [](std::size_t bytes) { return repeated(bytes, "<gs>"); }, nullptr, kLongest},
    {"beginnings_of_separators", [](std::size_t bytes) { return repeated(bytes, "\\x1&#2"); }, nullptr, kLongest},
    {"what_surrounds_a_code", [](std::size_t bytes) { return repeated(bytes, "\uFEFF\u200B\u00A0\x1D \r"); }, nullptr,
     kLongest},
    {"elements",
     [](std::size_t bytes) {
       return repeated(bytes,
                       "\x1D"
                       "21a",
                       "0104600000000008");
     },
     nullptr, kLongest},
    {"beyond_the_limit", [](std::size_t bytes) { return repeated(bytes, "("); }},
    {"product_code", [](std::size_t bytes) { return repeated(bytes, "D", "\n"); }},
};

}  // namespace

constinit const Target marking{"marking", run, kCosts};

}  // namespace kassaflow::fuzz
