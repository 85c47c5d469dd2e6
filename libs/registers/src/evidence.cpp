#include "evidence.hpp"

#include <charconv>

#include "kassaflow/fiscal/codes.hpp"
#include "kassaflow/fiscal/timezone.hpp"
#include "text.hpp"

namespace kassaflow::registers {
namespace {

constexpr std::size_t kFnDigits = 16;
constexpr std::size_t kRegistrationDigits = 16;
constexpr std::size_t kFpDigits = 10;

std::optional<std::uint32_t> number(std::string_view digits) {
  digits = trimmed(digits);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

void Evidence::differ(std::string_view attribute, std::string_view one, std::string_view other) {
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

void Evidence::keep_number(std::optional<std::uint32_t>& kept, std::string_view digits, std::string_view attribute) {
  const std::optional<std::uint32_t> value = number(digits);
  if (!value || *value == 0) return;
  if (kept && *kept != *value) differ(attribute, std::to_string(*kept), digits);
  if (!kept) kept = value;
}

void Evidence::add_qr(std::string_view text) {
  if (trimmed(text).empty()) return;
  const Result<fiscal::Qr> qr = fiscal::parse_qr(trimmed(text));
  if (!qr) {
    unreadable_qr_ = true;
    return;
  }
  if (without_zeros(qr->fp).empty()) return;  // unsigned: a test register's
  if (qr_ && *qr_ != *qr) differ("QR-код", fiscal::build_qr(*qr_), fiscal::build_qr(*qr));
  qr_ = *qr;
  add_fn(qr->fn);
  add_fd(std::to_string(qr->fd));
  add_fp(qr->fp);
  if (qr->sum) add_total(qr->sum->value());
  if (qr->sign) add_sign(std::to_string(fiscal::code(*qr->sign)));
  if (qr->local_s) local_s_ = qr->local_s;
}

void Evidence::add_fn(std::string_view digits) {
  digits = trimmed(digits);
  if (digits.size() == kFnDigits && all_digits(digits) && !without_zeros(digits).empty()) {
    keep_digits(document_.fn, digits, "номер ФН");
  }
}

void Evidence::add_fd(std::string_view digits) {
  std::optional<std::uint32_t> kept;
  if (document_.fd != 0) kept = static_cast<std::uint32_t>(document_.fd);
  keep_number(kept, digits, "номер ФД");
  document_.fd = kept.value_or(0);
}

void Evidence::add_fp(std::string_view digits) {
  digits = trimmed(digits);
  if (digits.size() <= kFpDigits && all_digits(digits) && !without_zeros(digits).empty()) {
    keep_digits(document_.fp, digits, "фискальный признак");
  }
}

void Evidence::add_shift(std::string_view digits) { keep_number(document_.shift, digits, "номер смены"); }

void Evidence::add_receipt_number(std::string_view digits) {
  keep_number(document_.receipt_number, digits, "номер чека в смене");
}

void Evidence::add_registration_number(std::string_view digits) {
  digits = trimmed(digits);
  if (digits.size() > kRegistrationDigits || !all_digits(digits) || without_zeros(digits).empty()) return;
  keep_digits(document_.registration_number, std::string(kRegistrationDigits - digits.size(), '0').append(digits),
              "регистрационный номер");
}

void Evidence::add_total(std::int64_t kopecks) {
  if (total_kopecks_ && *total_kopecks_ != kopecks) {
    differ("итог", fiscal::to_rubles(fiscal::Kopecks(*total_kopecks_)), fiscal::to_rubles(fiscal::Kopecks(kopecks)));
  }
  total_kopecks_ = kopecks;
}

void Evidence::add_sign(std::string_view digits) {
  const std::optional<std::uint32_t> code = number(digits);
  const std::optional<fiscal::Sign> sign = code ? fiscal::sign_from_code(*code) : std::nullopt;
  if (!sign) return;
  if (sign_ && *sign_ != *sign) differ("признак расчёта", std::to_string(fiscal::code(*sign_)), digits);
  sign_ = sign;
}

// The QR code's own time is the one the register signed; another source only fills its absence.
void Evidence::add_local_time(std::int64_t local_s) {
  if (!local_s_) local_s_ = local_s;
}

void Evidence::add_moment(std::int64_t unix_s) { unix_s_ = unix_s; }

std::string Evidence::contradiction(const AskedContent& asked) const {
  if (!disagreement_.empty()) return "реквизиты ответа противоречат друг другу: " + disagreement_;
  if (!asked.receipt) return {};
  if (total_kopecks_ && *total_kopecks_ != asked.total_kopecks) {
    return "итог документа " + fiscal::to_rubles(fiscal::Kopecks(*total_kopecks_)) + ", а чека " +
           fiscal::to_rubles(fiscal::Kopecks(asked.total_kopecks));
  }
  if (sign_ && *sign_ != asked.sign) {
    return "признак расчёта документа " + std::to_string(fiscal::code(*sign_)) + ", а чека " +
           std::to_string(fiscal::code(asked.sign));
  }
  return {};
}

bool Evidence::proves(const AskedContent& asked) const {
  return qr_ && qr_->names_document() && qr_->sum && contradiction(asked).empty();
}

fiscal::FiscalDocument Evidence::document(std::string_view timezone) const {
  fiscal::FiscalDocument document = document_;
  if (local_s_) document.printed_at_s = fiscal::local_to_unix(*local_s_, timezone).value_or(0);
  if (document.printed_at_s == 0) document.printed_at_s = unix_s_.value_or(0);
  return document;
}

}  // namespace kassaflow::registers
