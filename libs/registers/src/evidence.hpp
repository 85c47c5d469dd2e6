#pragma once
// Fiscal attributes gathered from an answer, and whether they agree with each other and with what was asked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/fiscal/qr.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::registers {

// What was asked to be printed. A shift report has no total and no sign.
struct AskedContent {
  bool receipt = true;
  std::int64_t total_kopecks = 0;
  fiscal::Sign sign = fiscal::Sign::income;
};

class Evidence {
 public:
  // The QR code's content; one without a fiscal sign (a test register's) is left aside, one that cannot be read is
  // remembered as a fault. A second, different one is a contradiction.
  void add_qr(std::string_view text);
  // Single attributes; a value that differs from one told before is a contradiction (I4, exactly-once.md 8).
  void add_fn(std::string_view digits);
  void add_fd(std::string_view digits);
  void add_fp(std::string_view digits);
  void add_shift(std::string_view digits);
  void add_receipt_number(std::string_view digits);
  void add_registration_number(std::string_view digits);
  void add_total(std::int64_t kopecks);
  void add_sign(std::string_view digits);
  void add_local_time(std::int64_t local_s);
  // A moment with a zone of its own, for when there is no register's time.
  void add_moment(std::int64_t unix_s);

  // Russian, empty when everything agrees.
  [[nodiscard]] std::string contradiction(const AskedContent& asked) const;
  // True when the fiscal storage's signature was told: the document exists.
  [[nodiscard]] bool is_signed() const { return document_.fd != 0 && !document_.fp.empty(); }
  // True when anything points to a document.
  [[nodiscard]] bool names_document() const { return document_.fd != 0 || !document_.fp.empty() || qr_.has_value(); }
  // True when a whole QR code agrees with total and sign: the receipt is in the storage, whatever else was lost.
  [[nodiscard]] bool proves(const AskedContent& asked) const;
  // As told so far, without times.
  [[nodiscard]] const fiscal::FiscalDocument& told() const { return document_; }
  [[nodiscard]] bool unreadable_qr() const { return unreadable_qr_; }
  // The register's local time becomes Unix time here, once.
  [[nodiscard]] fiscal::FiscalDocument document(std::string_view timezone) const;

 private:
  void differ(std::string_view attribute, std::string_view one, std::string_view other);
  void keep_digits(std::string& kept, std::string_view digits, std::string_view attribute);
  void keep_number(std::optional<std::uint32_t>& kept, std::string_view digits, std::string_view attribute);

  fiscal::FiscalDocument document_;
  std::optional<fiscal::Qr> qr_;
  std::optional<std::int64_t> total_kopecks_;
  std::optional<fiscal::Sign> sign_;
  std::optional<std::int64_t> local_s_;
  std::optional<std::int64_t> unix_s_;
  std::string disagreement_;
  bool unreadable_qr_ = false;
};

}  // namespace kassaflow::registers
