#include "kassaflow/fiscal/qr.hpp"

#include <date/date.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>

#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/text/ascii.hpp"

namespace kassaflow::fiscal {
namespace {

constexpr std::size_t kMaxBytes = 512;
constexpr std::size_t kFnDigits = 16;
constexpr std::size_t kFpDigits = 10;
constexpr std::string_view kNoTime = "19700101T000000";

template <class Integer>
std::optional<Integer> integer(std::string_view digits) {
  Integer value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  if ((text.size() != 13 && text.size() != 15) || (text[8] != 'T' && text[8] != 't')) return std::nullopt;
  if (!ascii::all_digits(text.substr(0, 8)) || !ascii::all_digits(text.substr(9))) return std::nullopt;
  const auto number = [text](std::size_t from, std::size_t count) {
    return *integer<unsigned>(text.substr(from, count));
  };
  const date::year_month_day day{date::year(static_cast<int>(number(0, 4))), date::month(number(4, 2)),
                                 date::day(number(6, 2))};
  const unsigned hour = number(9, 2), minute = number(11, 2), second = text.size() == 15 ? number(13, 2) : 0;
  if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return std::chrono::seconds(date::local_days(day).time_since_epoch()).count() + hour * 3600 + minute * 60 + second;
}

std::string format_time(std::int64_t local_s) {
  const date::local_seconds time{std::chrono::seconds(local_s)};
  return date::format("%Y%m%dT%H%M%S", time);
}

// A receipt's: no more than two decimals (itkassa.md §12), nor than a receipt may come to.
std::optional<Kopecks> parse_sum(std::string_view text) {
  const auto point = text.find('.');
  if (point != std::string_view::npos && text.size() - point > 3) return std::nullopt;
  const auto sum = parse_rubles(text);
  return sum && *sum <= kMaxAmount ? sum : std::nullopt;
}

template <class Value>
bool assign(std::optional<Value>& field, std::optional<Value> value) {
  field = value;
  return value.has_value();
}

bool assign_digits(std::string& field, std::string_view value, std::size_t limit) {
  if (value.size() > limit || !ascii::all_digits(value)) return false;
  field = value;
  return true;
}

bool assign_number(std::uint32_t& field, std::string_view value) {
  const auto number = integer<std::uint32_t>(value);
  field = number.value_or(0);
  return number.has_value();
}

// `value` is not empty. False when it cannot be read.
bool read(Qr& qr, std::string_view key, std::string_view value) {
  if (key == "t") return value == kNoTime || value == kNoTime.substr(0, 13) || assign(qr.local_s, parse_time(value));
  if (key == "s") return assign(qr.sum, parse_sum(value));
  if (key == "fn") return assign_digits(qr.fn, value, kFnDigits);
  if (key == "i") return assign_number(qr.fd, value);
  if (key == "fp") return assign_digits(qr.fp, value, kFpDigits);
  if (key == "n")
    return value == "0" || (value.size() == 1 && assign(qr.settlement_type, settlement_type_from_code(value[0] - '0')));
  return true;
}

// The flag of a key, for finding repeated ones; 0 for keys of no interest.
unsigned key_flag(std::string_view key) {
  static constexpr std::string_view kKeys[] = {"t", "s", "fn", "i", "fp", "n"};
  const auto* found = std::ranges::find(kKeys, key);
  return found == std::end(kKeys) ? 0 : 1u << (found - kKeys);
}

}  // namespace

bool Qr::names_document() const {
  return fn.size() == kFnDigits && fd > 0 && fp.find_first_not_of('0') != std::string::npos &&
         settlement_type.has_value();
}

Result<Qr> parse_qr(std::string_view text) {
  if (text.size() > kMaxBytes) return fail(kQrMalformed, "QR content is longer than 512 bytes");
  Qr qr;
  unsigned seen = 0;
  std::string_view rest = trim(text);
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const auto equals = part.find('=');
    if (equals == std::string_view::npos) return fail(kQrMalformed, "QR content has a part without a value");
    const std::string key = ascii::lower(part.substr(0, equals));
    const std::string_view value = part.substr(equals + 1);
    if ((seen & key_flag(key)) != 0) return fail(kQrMalformed, "QR content repeats " + key);
    seen |= key_flag(key);
    if (!value.empty() && !read(qr, key, value)) return fail(kQrMalformed, "QR content has an unreadable " + key);
  }
  return qr;
}

std::string build_qr(const Qr& qr) {
  return "t=" + (qr.local_s ? format_time(*qr.local_s) : std::string(kNoTime)) +
         "&s=" + to_rubles(qr.sum.value_or(Kopecks(0))) + "&fn=" + qr.fn + "&i=" + std::to_string(qr.fd) +
         "&fp=" + (qr.fp.empty() ? std::string(kFpDigits, '0') : qr.fp) +
         "&n=" + std::to_string(qr.settlement_type ? code(*qr.settlement_type) : 0);
}

}  // namespace kassaflow::fiscal
