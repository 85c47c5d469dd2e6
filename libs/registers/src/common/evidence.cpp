#include "common/evidence.hpp"

#include <charconv>
#include <cstdlib>

#include "common/text.hpp"
#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/timezone.hpp"

namespace kassaflow::registers {
namespace {

constexpr std::size_t kFnDigits = 16;
constexpr std::size_t kRegistrationDigits = 16;
constexpr std::size_t kFpDigits = 10;

constexpr std::int64_t kSecondsTolerance = 86'400;

std::string ten_digits(std::uint32_t sign) {
  const std::string digits = std::to_string(sign);
  return std::string(kFpDigits - digits.size(), '0') + digits;
}

// Digits as told, for identifiers; empty when it is no number or a negative one.
std::string digits_of(std::string_view text) {
  const std::optional<WholeNumber> number = whole_number(text);
  return number && !number->negative ? number->digits : std::string();
}

// "Возврат прихода" and its kin.
std::optional<fiscal::SettlementType> settlement_type_in_words(std::string_view text) {
  const WordSequence words(text);
  const bool back = words.say("возврат");
  if (words.say("приход")) return back ? fiscal::SettlementType::income_return : fiscal::SettlementType::income;
  if (words.say("расход")) return back ? fiscal::SettlementType::expense_return : fiscal::SettlementType::expense;
  return std::nullopt;
}

}  // namespace

void Evidence::differ(std::string_view attribute, std::string_view one, std::string_view other) {
  if (!disagreement_.empty()) return;
  disagreement_ = std::string(attribute) + ": " + std::string(one) + " и " + std::string(other);
}

// Identifiers are kept as told and compared without leading zeros: a JSON number has lost them.
void Evidence::keep_digits(std::string& kept, std::string_view digits, std::string_view attribute) {
  if (kept.empty()) {
    kept = digits;
  } else if (without_zeros(kept) != without_zeros(digits)) {
    differ(attribute, kept, digits);
  }
}

std::optional<std::uint32_t> Evidence::number_of(std::string_view text, bool may_be_signed) {
  if (trimmed(text).empty()) return std::nullopt;
  const std::optional<WholeNumber> number = whole_number(text);
  const std::string_view digits = number ? without_zeros(number->digits) : std::string_view();
  if (number && digits.empty()) return 0;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  constexpr std::uint32_t kHalf = 1U << 31;
  const bool possible = number && error == std::errc{} && (!number->negative || (may_be_signed && value <= kHalf));
  if (!possible) {
    left_out_ = true;
    return std::nullopt;
  }
  return number->negative ? 0U - value : value;
}

void Evidence::keep_number(std::optional<std::uint32_t>& kept, std::string_view text, std::string_view attribute) {
  const std::optional<std::uint32_t> value = number_of(text, false);
  if (!value || *value == 0) return;
  if (kept && *kept != *value) differ(attribute, std::to_string(*kept), std::to_string(*value));
  if (!kept) kept = value;
}

void Evidence::add_qr(std::string_view text) {
  if (trimmed(text).empty()) return;
  Result<fiscal::Qr> qr = fiscal::parse_qr(trimmed(text));
  if (!qr) {
    unreadable_qr_ = true;
    return;
  }
  if (without_zeros(qr->fp).empty()) {  // unsigned
    zero_qr_ = zero_qr_ || !qr->fp.empty();
    return;
  }
  const std::optional<std::uint32_t> sign = number_of(qr->fp, false);
  qr->fp = sign ? ten_digits(*sign) : std::string();
  // One is enough, and a QR code is dear to write.
  if (qr_ && *qr_ != *qr && disagreement_.empty()) differ("QR-код", fiscal::build_qr(*qr_), fiscal::build_qr(*qr));
  qr_ = *qr;
  add_fn(qr->fn);
  add_fd(std::to_string(qr->fd));
  add_fp(qr->fp);
  if (qr->sum) add_total(qr->sum->value());
  if (qr->settlement_type) add_settlement_type(std::to_string(fiscal::code(*qr->settlement_type)));
  if (qr->local_s) local_s_ = qr->local_s;
}

void Evidence::add_fn(std::string_view text) {
  const std::string digits = digits_of(text);
  if (digits.size() == kFnDigits && !without_zeros(digits).empty()) keep_digits(document_.fn, digits, "номер ФН");
}

void Evidence::add_fd(std::string_view text) {
  std::optional<std::uint32_t> kept;
  if (document_.fd != 0) kept = static_cast<std::uint32_t>(document_.fd);
  keep_number(kept, text, "номер ФД");
  document_.fd = kept.value_or(0);
}

void Evidence::add_fp(std::string_view text) {
  const std::optional<std::uint32_t> sign = number_of(text, true);
  if (sign && *sign != 0) keep_digits(document_.fp, ten_digits(*sign), "фискальный признак");
}

void Evidence::add_shift(std::string_view text) { keep_number(document_.shift, text, "номер смены"); }

void Evidence::add_receipt_number(std::string_view text) {
  keep_number(document_.receipt_number, text, "номер чека в смене");
}

void Evidence::add_registration_number(std::string_view text) {
  const std::string digits = digits_of(text);
  if (digits.size() > kRegistrationDigits || without_zeros(digits).empty()) return;
  keep_digits(document_.registration_number, std::string(kRegistrationDigits - digits.size(), '0').append(digits),
              "регистрационный номер");
}

void Evidence::add_total(std::int64_t kopecks) {
  if (total_kopecks_ && *total_kopecks_ != kopecks) {
    differ("итог", fiscal::to_rubles(fiscal::Kopecks(*total_kopecks_)), fiscal::to_rubles(fiscal::Kopecks(kopecks)));
  }
  total_kopecks_ = kopecks;
}

void Evidence::add_settlement_type(std::string_view text) {
  const std::optional<WholeNumber> code = whole_number(text);
  const std::string_view digits = code ? without_zeros(code->digits) : std::string_view();
  std::optional<fiscal::SettlementType> settlement_type = settlement_type_in_words(text);
  if (digits.size() == 1) settlement_type = fiscal::settlement_type_from_code(digits.front() - '0');
  if (!settlement_type) return;
  if (settlement_type_ && *settlement_type_ != *settlement_type) {
    differ("признак расчёта", std::to_string(fiscal::code(*settlement_type_)),
           std::to_string(fiscal::code(*settlement_type)));
  }
  settlement_type_ = settlement_type;
}

// The QR code's own time is the one the register signed; another source only fills its absence.
void Evidence::add_local_time(std::int64_t local_s) {
  if (!local_s_) local_s_ = local_s;
}

void Evidence::add_moment(std::int64_t unix_s) { unix_s_ = unix_s; }
void Evidence::add_seconds(std::int64_t seconds) { seconds_ = seconds; }

bool Evidence::told_test() const {
  if (document_.fn.starts_with(kEmulatorFn)) return true;
  return document_.fp.empty() && (zero_qr_ || (zero_number_ && document_.fd == 0));
}

std::string Evidence::contradiction(const RequestedContent& requested) const {
  if (!disagreement_.empty()) return "реквизиты ответа противоречат друг другу: " + disagreement_;
  // A report has no settlement: these are another document's, and its number would prove what it must not
  // (exactly-once.md 6; ffd.md §2).
  if (!requested.receipt) return settlement_type_ ? "реквизиты чека в ответе об отчёте" : "";
  if (total_kopecks_ && *total_kopecks_ != requested.total_kopecks) {
    return "итог документа " + fiscal::to_rubles(fiscal::Kopecks(*total_kopecks_)) + ", а чека " +
           fiscal::to_rubles(fiscal::Kopecks(requested.total_kopecks));
  }
  if (settlement_type_ && *settlement_type_ != requested.settlement_type) {
    return "признак расчёта документа " + std::to_string(fiscal::code(*settlement_type_)) + ", а чека " +
           std::to_string(fiscal::code(requested.settlement_type));
  }
  return {};
}

bool Evidence::proves(const RequestedContent& requested) const {
  return qr_ && qr_->names_document() && qr_->sum && contradiction(requested).empty();
}

fiscal::FiscalDocument Evidence::document(std::string_view timezone, std::int64_t now_s) const {
  fiscal::FiscalDocument document = document_;
  const auto unix_of = [&](std::int64_t local_s) { return fiscal::local_to_unix(local_s, timezone).value_or(0); };
  if (local_s_) document.printed_at_s = unix_of(*local_s_);
  if (document.printed_at_s == 0) document.printed_at_s = unix_s_.value_or(0);
  if (document.printed_at_s == 0 && seconds_) {
    const std::int64_t as_local = unix_of(*seconds_);
    const std::int64_t nearer = std::abs(as_local - now_s) < std::abs(*seconds_ - now_s) ? as_local : *seconds_;
    if (std::abs(nearer - now_s) <= kSecondsTolerance) document.printed_at_s = nearer;
  }
  document.test = told_test();
  return document;
}

}  // namespace kassaflow::registers
