#include "common/finding.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/text.hpp"

namespace kassaflow::registers {
namespace {

constexpr std::size_t kTextLimit = 1000;

std::string masked(std::string_view text, std::string_view credential) {
  constexpr std::string_view kStars = "***";
  std::string out;
  out.reserve(text.size());
  while (!credential.empty()) {
    const std::size_t at = text.find(credential);
    if (at == std::string_view::npos) break;
    out.append(text.substr(0, at)).append(kStars);
    text.remove_prefix(at + credential.size());
  }
  return out.append(text);
}

// Of the first 65,536 characters; credentials have no others.
std::string utf8_of(unsigned code) {
  const auto rest = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | (code >> 6)), rest(code)};
  return {static_cast<char>(0xE0 | (code >> 12)), rest(code >> 6), rest(code)};
}

struct Character {
  std::string bytes;       // what it is
  std::size_t length = 0;  // of its spelling
};

// The first of `text`, which is not empty, as a string of JSON spells it.
Character character(std::string_view text) {
  constexpr std::string_view kShort = "\"\\/bfnrt", kMeaning = "\"\\/\b\f\n\r\t";
  constexpr std::size_t kLong = 6;  // \uXXXX
  if (text.size() < 2 || text[0] != '\\') return {std::string(text.substr(0, 1)), 1};
  if (const auto known = kShort.find(text[1]); known != std::string_view::npos) return {{kMeaning[known]}, 2};
  unsigned code = 0;
  const char* const end = text.data() + std::min(kLong, text.size());
  if (text[1] != 'u' || text.size() < kLong || std::from_chars(text.data() + 2, end, code, 16).ptr != end)
    return {"\\", 1};
  return {utf8_of(code), kLong};
}

// How much of the beginning of `text` spells the credential; 0: it does not.
std::size_t spelling(std::string_view text, std::string_view credential) {
  std::size_t length = 0;
  while (!credential.empty()) {
    if (length == text.size()) return 0;
    const Character next = character(text.substr(length));
    if (!credential.starts_with(next.bytes)) return 0;
    credential.remove_prefix(next.bytes.size());
    length += next.length;
  }
  return length;
}

// Where the bytes of an answer are kept, the credential may stand in them as JSON escapes it.
std::string masked_escapes(std::string_view json, std::string_view credential) {
  if (credential.empty() || json.find('\\') == std::string_view::npos) return std::string(json);
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const std::size_t length = spelling(json, credential);
    if (length > 0) out += "***";
    if (length == 0) out += json.front();
    json.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

// A register's words go into text columns: a NUL or a broken character there would be refused for ever.
std::string storable(std::string_view text) {
  std::string clean = to_utf8(text);
  std::erase(clean, '\0');
  return clean;
}

std::string code_of(const http::Failure& failure) { return std::string(failure.code.name()); }

std::string told(const http::Failure& failure) {
  const std::string code = code_of(failure);
  return failure.message.empty() ? code : code + ": " + failure.message;
}

}  // namespace

Finding finding(Fact fact, Cause cause, std::string code, std::string text) {
  Finding found;
  found.fact = fact;
  found.cause = cause;
  found.code = std::move(code);
  found.text = std::move(text);
  return found;
}

std::string http_code(int http_status) { return "http_" + std::to_string(http_status); }

Finding contradiction(std::string code, std::string text) {
  Finding found = finding(Fact::unknown, Cause::ambiguous, std::move(code), std::move(text));
  found.alarm = true;
  return found;
}

Finding lost_post(const http::Failure& failure) {
  if (failure.sent != http::Sent::nothing) {
    return finding(Fact::unknown, Cause::ambiguous, code_of(failure), "Ответ кассы не получен (" + told(failure) + ")");
  }
  // An address the policy refuses stays refused: a person has to correct the register's endpoint.
  const Cause cause = failure.code == http::kAddressRefused ? Cause::register_fault : Cause::transient;
  return finding(Fact::not_printed, cause, code_of(failure), "Нет соединения с кассой (" + told(failure) + ")");
}

Finding lost_question(const http::Failure& failure) {
  const Cause cause = failure.code == http::kAddressRefused ? Cause::register_fault : Cause::transient;
  return finding(Fact::unknown, cause, code_of(failure), "Касса не ответила на запрос о чеке (" + told(failure) + ")");
}

Finding of_repeat(Finding found) {
  if (found.fact == Fact::not_printed || found.fact == Fact::absent) {
    found.refused = found.fact == Fact::not_printed && found.cause != Cause::transient;
    found.fact = Fact::unknown;
    found.text = "Повтор с тем же ключом не принят, о первой отправке это не говорит: " + found.text;
    if (found.cause != Cause::transient && found.cause != Cause::register_fault) found.cause = Cause::ambiguous;
  }
  return found;
}

Finding fit_to_leave(Finding found, const Secret& credential, std::string_view raw_answer) {
  found.raw_answer = masked_escapes(masked(raw_answer, credential.reveal()), credential.reveal());
  for (std::string* text : {&found.text, &found.code, &found.remote_id}) {
    *text = masked(storable(*text), credential.reveal());
  }
  found.text = cut_utf8(std::move(found.text), kTextLimit);
  found.code = cut_utf8(std::move(found.code), 64);
  if (found.raw_answer.size() > kRawAnswerLimit) found.raw_answer.resize(kRawAnswerLimit);
  return found;
}

std::string in_words(const fiscal::FiscalDocument& document) {
  std::string words;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (!words.empty()) words += ", ";
    words += std::string(name) + " " + value;
  };
  add("ФН", document.fn);
  add("ФД", document.fd == 0 ? std::string() : std::to_string(document.fd));
  add("ФП", document.fp);
  return words;
}

}  // namespace kassaflow::registers
