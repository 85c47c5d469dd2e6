#pragma once
// Fiscal attributes gathered from an answer, and whether they agree with each other and with what was asked. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/fiscal/qr.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::registers {

// What was asked to be printed. A shift report has no total and no settlement type.
struct RequestedContent {
  bool receipt = true;
  std::int64_t total_kopecks = 0;
  fiscal::SettlementType settlement_type = fiscal::SettlementType::income;
};

inline constexpr std::string_view kEmulatorFn = "9999";  // storages of emulators begin so

class Evidence {
 public:
  // The QR code's content; one with a sign of zeros is a test register's and left aside, one that cannot be read is
  // remembered as a fault. A second, different one is a contradiction.
  void add_qr(std::string_view text);
  // Single attributes as told, in any form of whole_number(); a value that differs from one told before is a
  // contradiction (I4, exactly-once.md 8). Zero is unknown; what is out of range is left out, never bent into range.
  void add_fn(std::string_view text);
  void add_fd(std::string_view text);
  // [1077]: also as a signed 32-bit number. Told on as ten digits.
  void add_fp(std::string_view text);
  void add_shift(std::string_view text);
  void add_receipt_number(std::string_view text);
  void add_registration_number(std::string_view text);
  void add_total(std::int64_t kopecks);
  void add_settlement_type(std::string_view text);  // a code, or "Приход", "Возврат прихода" …
  void add_local_time(std::int64_t local_s);
  // A moment with a zone of its own, for when there is no register's time.
  void add_moment(std::int64_t unix_s);
  // [1012] as a bare number: Unix time, or seconds of the local clock (ffd.md §2); which of them, only now_s tells.
  void add_seconds(std::int64_t seconds);
  // itkassa's checkNumber "0": a test register's (itkassa.md §6.2).
  void add_zero_number() { zero_number_ = true; }

  // Russian, empty when everything agrees.
  [[nodiscard]] std::string contradiction(const RequestedContent& requested) const;
  // True when the fiscal storage's signature was told: the document exists.
  [[nodiscard]] bool is_signed() const { return document_.fd != 0 && !document_.fp.empty(); }
  // True when anything points to a document.
  [[nodiscard]] bool names_document() const { return document_.fd != 0 || !document_.fp.empty() || qr_.has_value(); }
  // True when a whole QR code agrees with total and settlement type: the receipt is in the storage, whatever else was
  // lost.
  [[nodiscard]] bool proves(const RequestedContent& requested) const;
  // As told so far, without times.
  [[nodiscard]] const fiscal::FiscalDocument& told() const { return document_; }
  [[nodiscard]] bool unreadable_qr() const { return unreadable_qr_; }
  // True when an attribute was told but is not possible.
  [[nodiscard]] bool left_out() const { return left_out_; }
  // True when the document is a test's: an emulator's storage (9999…), or unsigned with the marks of a test register.
  [[nodiscard]] bool told_test() const;
  // The register's local time becomes Unix time here, once. `now_s`: when the answer came, 0 = unknown.
  [[nodiscard]] fiscal::FiscalDocument document(std::string_view timezone, std::int64_t now_s = 0) const;

 private:
  void differ(std::string_view attribute, std::string_view one, std::string_view other);
  void keep_digits(std::string& kept, std::string_view digits, std::string_view attribute);
  void keep_number(std::optional<std::uint32_t>& kept, std::string_view text, std::string_view attribute);
  // Nullopt, with left_out_ where something was told, when it is not a number of 32 bits.
  [[nodiscard]] std::optional<std::uint32_t> number_of(std::string_view text, bool may_be_signed);

  fiscal::FiscalDocument document_;
  std::optional<fiscal::Qr> qr_;
  std::optional<std::int64_t> total_kopecks_;
  std::optional<fiscal::SettlementType> settlement_type_;
  std::optional<std::int64_t> local_s_;
  std::optional<std::int64_t> unix_s_;
  std::string disagreement_;  // the first
  std::optional<std::int64_t> seconds_;
  bool unreadable_qr_ = false;
  bool left_out_ = false;
  bool zero_qr_ = false;
  bool zero_number_ = false;
};

}  // namespace kassaflow::registers
