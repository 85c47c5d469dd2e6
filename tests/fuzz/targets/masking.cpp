// What a driver hands on of an answer that echoes the register's credential.

#include <algorithm>
#include <string>

#include "findings.hpp"
#include "kassaflow/text/ascii.hpp"
#include "laborious.hpp"
#include "registers/src/common/finding.hpp"

namespace kassaflow::fuzz {
namespace {

struct Echo {
  std::string credential;
  std::string said;
};

// A line: the credential, the rest: what the register said.
Echo echo_of(std::string_view input) {
  Echo echo{std::string(input.substr(0, std::min(input.find('\n'), std::size_t{128}))),
            std::string(input.substr(std::min(input.find('\n'), input.size())))};
  std::erase_if(echo.credential, [](char c) { return !ascii::is_letter_or_digit(c); });
  return echo;
}

std::string in_hex(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[static_cast<unsigned char>(c) / 16], kDigits[static_cast<unsigned char>(c) % 16]};
}

// In every place it may say something.
registers::Finding left_of(const Echo& echo) {
  registers::Finding found;
  found.code = found.text = found.remote_id = echo.said;
  return registers::fit_to_leave(std::move(found), Secret(echo.credential), echo.said);
}

void run(std::string_view input) {
  const Echo echo = echo_of(input);
  const registers::Finding left = left_of(echo);
  check(left);
  require(left.raw_answer.size() <= registers::kRawAnswerLimit, "an answer is kept within its limit");
  if (echo.credential.empty()) return;
  std::string escaped;
  for (const char c : echo.credential) escaped += c < 'P' ? std::string{c} : "\\u00" + in_hex(c);
  const auto echoed = registers::fit_to_leave({}, Secret(echo.credential), echo.said + escaped).raw_answer;
  require(echoed.find(escaped) == std::string::npos, "nor does it as JSON escapes it");
  for (const std::string* part : {&left.code, &left.text, &left.remote_id, &left.raw_answer}) {
    require(part->find(echo.credential) == std::string::npos, "a credential does not leave");
  }
}

void read_once(std::string_view input) { (void)left_of(echo_of(input)); }

constexpr Cost kCosts[] = {
    {"one_character", [](std::size_t bytes) { return repeated(bytes, "a", "a\n"); }, read_once, Cost::kLarge},
    {"one_character_in_turns", [](std::size_t bytes) { return repeated(bytes, "ab", "a\n"); }, read_once, Cost::kLarge},
    {"a_long_credential", [](std::size_t bytes) { return repeated(bytes, "secret-token", "secret-token\n"); },
     read_once, Cost::kLarge},
    {"beginnings_of_a_credential", [](std::size_t bytes) { return repeated(bytes, "a", "aaaaaaaaaaaaaaab\n"); },
     read_once, Cost::kLarge},
    {"escapes", [](std::size_t bytes) { return repeated(bytes, R"(\u0061)", "aaaaaaaaaaaaaaab\n"); }, read_once,
     Cost::kLarge},
    {"no_credential", [](std::size_t bytes) { return repeated(bytes, "a", "\n"); }, read_once, Cost::kLarge},
    {"nul", [](std::size_t bytes) { return repeated(bytes, std::string_view("\0", 1), "a\n"); }, read_once,
     Cost::kLarge},
    {"windows_1251", [](std::size_t bytes) { return repeated(bytes, "\xF4", "a\n"); }, read_once, Cost::kLarge},
};

}  // namespace

constinit const Target masking{"masking", run, kCosts};

}  // namespace kassaflow::fuzz
