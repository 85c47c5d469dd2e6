#include "kassaflow/records/read.hpp"

#include <google/protobuf/stubs/logging.h>

#include <limits>
#include <string>
#include <utility>

#include "kassaflow/documents/documents.hpp"
#include "kassaflow/fiscal/contact.hpp"
#include "kassaflow/fiscal/rules.hpp"
#include "kassaflow/fiscal/warnings.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/utf8.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::records {

namespace {

constexpr std::size_t kFnDigits = 16;            // [1041]
constexpr std::size_t kRegistrationDigits = 16;  // [1037]
constexpr std::size_t kSignDigits = 10;          // [1077]
constexpr std::size_t kInnDigits = 12;
constexpr std::size_t kLines = fiscal::Limits().lines;
constexpr std::size_t kWarnings = fiscal::kWarningKinds.size() * (kLines + 1);
constexpr std::int64_t kEarliest_s = -62'135'596'800;  // 0001-01-01: of a register's clock
constexpr std::int64_t kLatest_s = kLatest_ms / 1000;
constexpr std::int64_t kInt = std::numeric_limits<std::int32_t>::max();  // of a column
constexpr std::uint64_t kBigint = std::numeric_limits<std::int64_t>::max();

// Looks at one field after the other; the first that is out of its limits counts.
class Limits {
 public:
  [[nodiscard]] Result<void> result() && {
    if (fault_.empty()) return {};
    return fail(kOutOfLimits, std::move(fault_));
  }

  // The fields of a message that is a field itself; `index` of a repeated one, else -1.
  template <class Fields>
  void within(const char* name, int index, Fields fields) {
    const Place inner{place_, name, index};
    place_ = &inner;
    fields();
    place_ = inner.outer;
  }

  void require(bool holds, const char* field, const char* wrong) {
    if (holds || !fault_.empty()) return;
    fault_ = path_of(place_) + field + " " + wrong;
  }
  void uuid(std::string_view value, const char* field) { require(receipts::is_uuid(value), field, "is no UUID"); }
  void id(std::string_view value, const char* field) {
    require(documents::is_id(value), field, "is no id of a configuration document");
  }
  void id_if_any(std::string_view value, const char* field) {
    if (!value.empty()) id(value, field);
  }
  void digits(std::string_view value, const char* field, std::size_t limit) {
    require(value.size() <= limit && ascii::all_digits(value), field, "is no number, or a longer one");
  }
  void bytes(std::string_view value, const char* field, std::size_t limit) {
    require(value.size() <= limit, field, "is longer");
  }
  void text(std::string_view value, const char* field, std::size_t limit) {
    require(value.size() <= 4 * limit && characters(value) <= limit, field, "is longer, no UTF-8, or holds a NUL");
  }
  void between(std::int64_t least, std::int64_t value, std::int64_t most, const char* field) {
    require(least <= value && value <= most, field, "is out of its range");
  }
  void at_most(std::uint64_t value, std::uint64_t most, const char* field) {
    require(value <= most, field, "is out of its range");
  }
  void time_ms(std::int64_t value, const char* field) { between(0, value, kLatest_ms, field); }
  void amount(std::int64_t kopecks, const char* field) { between(0, kopecks, fiscal::kMaxAmount.value(), field); }

 private:
  struct Place {
    const Place* outer;
    const char* name;
    int index;
  };
  static std::string path_of(const Place* place) {
    if (place == nullptr) return {};
    const auto index = place->index < 0 ? "" : "[" + std::to_string(place->index) + "]";
    return path_of(place->outer) + place->name + index + ".";
  }

  // Of well-formed text without a NUL; else more than any limit.
  static std::size_t characters(std::string_view text) {
    if (ascii::is_ascii(text)) return text.find('\0') == std::string_view::npos ? text.size() : std::string_view::npos;
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
      const auto [value, length] = utf8::first(text);
      if (value == utf8::kMalformed || value == 0) return std::string_view::npos;
      text.remove_prefix(length);
    }
    return count;
  }

  const Place* place_ = nullptr;  // nullptr: the record itself
  std::string fault_;
};

template <class Repeated, class Fields>
void each(Limits& limits, const char* name, const Repeated& messages, std::size_t most, Fields fields) {
  limits.require(std::cmp_less_equal(messages.size(), most), name, "are more");
  int index = 0;
  for (const auto& message : messages) {
    if (std::cmp_equal(index, most)) return;
    limits.within(name, index++, [&] { fields(message); });
  }
}

void look_at(const v1::Warning& warning, Limits& limits) {
  limits.text(warning.kind(), "kind", kWordLimit);
  limits.at_most(warning.line(), kLines, "line");
  limits.text(warning.text(), "text", kWarningLimit);
}

template <class Warnings>
void look_at_warnings(const Warnings& warnings, Limits& limits) {
  each(limits, "warnings", warnings, kWarnings, [&](const auto& one) { look_at(one, limits); });
}

// Codes (vat, method, subject, measure, sign) are judged by from_record.
void look_at(const v1::Line& line, Limits& limits) {
  limits.text(line.name(), "name", fiscal::kMaxName);
  limits.amount(line.price_kopecks(), "price_kopecks");
  limits.between(0, line.quantity_thousandths(), fiscal::kMaxQuantity.thousandths(), "quantity_thousandths");
  limits.amount(line.sum_kopecks(), "sum_kopecks");
  limits.bytes(line.marking_code(), "marking_code", fiscal::kMaxMarkingCode);
  limits.bytes(line.product_code(), "product_code", fiscal::kMaxMarkingCode);  // it is cut out of one
  limits.within("supplier", -1, [&] {
    const auto& supplier = line.supplier();
    limits.text(supplier.name(), "name", fiscal::kMaxSupplierName);
    limits.digits(supplier.inn(), "inn", kInnDigits);
    limits.require(std::cmp_less_equal(supplier.phones_size(), fiscal::kMaxSupplierPhones), "phones", "are more");
    for (const auto& phone : supplier.phones()) limits.text(phone, "phones", fiscal::kMaxPhone);
  });
}

void look_at(const v1::Receipt& receipt, Limits& limits) {
  each(limits, "lines", receipt.lines(), kLines, [&](const auto& line) { look_at(line, limits); });
  limits.within("payments", -1, [&] {
    const auto& payments = receipt.payments();
    limits.amount(payments.cash_kopecks(), "cash_kopecks");
    limits.amount(payments.cashless_kopecks(), "cashless_kopecks");
    limits.amount(payments.advance_kopecks(), "advance_kopecks");
    limits.amount(payments.credit_kopecks(), "credit_kopecks");
    limits.amount(payments.counter_provision_kopecks(), "counter_provision_kopecks");
  });
  limits.amount(receipt.total_kopecks(), "total_kopecks");
  limits.text(receipt.buyer_contact(), "buyer_contact", fiscal::kMaxContact);
  limits.text(receipt.check_type(), "check_type", kWordLimit);
  look_at_warnings(receipt.warnings(), limits);
}

void look_at(const v1::ReceiptAccepted& record, Limits& limits) {
  limits.uuid(record.receipt_id(), "receipt_id");
  limits.uuid(record.post_id(), "post_id");
  limits.id(record.tenant(), "tenant");
  limits.id(record.installation(), "installation");
  limits.id_if_any(record.cashbox(), "cashbox");
  limits.id(record.pool(), "pool");
  limits.digits(record.unique_id(), "unique_id", kUniqueIdDigits);
  limits.between(0, record.date_create_s(), kLatestDateCreate_s, "date_create_s");
  limits.time_ms(record.accepted_at_ms(), "accepted_at_ms");
  limits.bytes(record.content_digest(), "content_digest", kDigestLimit);
  limits.at_most(record.digest_version(), kInt, "digest_version");
  limits.within("receipt", -1, [&] {
    limits.require(record.receipt().lines_size() > 0, "lines", "are none");
    look_at(record.receipt(), limits);
  });
  limits.text(record.portal_uuid(), "portal_uuid", kPortalUuidLimit);
}

void look_at(const v1::ReceiptOwner& record, Limits& limits) {
  limits.uuid(record.receipt_id(), "receipt_id");
  limits.uuid(record.post_id(), "post_id");
  limits.id(record.tenant(), "tenant");
  limits.id(record.installation(), "installation");
  limits.id_if_any(record.cashbox(), "cashbox");
  limits.digits(record.unique_id(), "unique_id", kUniqueIdDigits);
}

void look_at(const v1::RegisterCallback& record, Limits& limits) {
  limits.id(record.tenant(), "tenant");
  limits.id(record.register_(), "register");
  limits.text(record.protocol(), "protocol", kWordLimit);
  limits.bytes(record.body(), "body", kCallbackLimit);
  limits.time_ms(record.received_at_ms(), "received_at_ms");
  limits.id(record.pool(), "pool");
  limits.require(!record.identity().empty(), "identity", "is missing");
  limits.text(record.identity(), "identity", kNameLimit);
  limits.text(record.attempt_key(), "attempt_key", kNameLimit);
  limits.text(record.remote_id(), "remote_id", kNameLimit);
}

void look_at(const v1::FiscalDocument& document, Limits& limits) {
  limits.digits(document.fn(), "fn", kFnDigits);
  limits.at_most(document.fd(), std::numeric_limits<std::uint32_t>::max(), "fd");
  limits.digits(document.fp(), "fp", kSignDigits);
  limits.digits(document.registration_number(), "registration_number", kRegistrationDigits);
  limits.between(kEarliest_s, document.printed_at_s(), kLatest_s, "printed_at_s");
}

void look_at(const v1::Attempt& attempt, Limits& limits) {
  limits.at_most(attempt.number(), kInt, "number");
  limits.id(attempt.register_(), "register");
  limits.time_ms(attempt.started_at_ms(), "started_at_ms");
  limits.time_ms(attempt.finished_at_ms(), "finished_at_ms");
  limits.text(attempt.detail(), "detail", kErrorLimit);
}

// As many posts as the record has room for: how often a check may be posted is not the reader's to say.
void look_at(const v1::ReceiptOutcome& record, Limits& limits) {
  limits.uuid(record.receipt_id(), "receipt_id");
  limits.require(0 < record.revision() && record.revision() <= kBigint, "revision", "is out of its range");
  limits.at_most(record.generation(), kInt, "generation");
  for (const auto& post : record.covered_post_ids()) limits.uuid(post, "covered_post_ids");
  limits.id(record.tenant(), "tenant");
  limits.id(record.installation(), "installation");
  limits.id(record.pool(), "pool");
  limits.id_if_any(record.cashbox(), "cashbox");
  limits.digits(record.unique_id(), "unique_id", kUniqueIdDigits);
  limits.amount(record.total_kopecks(), "total_kopecks");
  limits.within("fiscal", -1, [&] { look_at(record.fiscal(), limits); });
  limits.text(record.error(), "error", kErrorLimit);
  each(limits, "attempts", record.attempts(), kAttemptsLimit, [&](const auto& one) { look_at(one, limits); });
  limits.time_ms(record.changed_at_ms(), "changed_at_ms");
  limits.at_most(record.journal_sequence(), kBigint, "journal_sequence");
  limits.text(record.journal_id(), "journal_id", kWordLimit);
  limits.at_most(record.journal_head(), kBigint, "journal_head");
  limits.bytes(record.content_digest(), "content_digest", kDigestLimit);
  limits.time_ms(record.accepted_at_ms(), "accepted_at_ms");
  limits.at_most(record.conflicts(), kInt, "conflicts");
  limits.at_most(record.digest_version(), kInt, "digest_version");
  limits.time_ms(record.finished_at_ms(), "finished_at_ms");
  look_at_warnings(record.warnings(), limits);
  limits.text(record.hold_reason(), "hold_reason", kErrorLimit);
}

template <class Record>
Result<void> checked(const Record& record) {
  Limits limits;
  look_at(record, limits);
  return std::move(limits).result();
}

template <class Record>
Result<void> parsed(std::string_view bytes, Record& record) {
  constexpr std::size_t kLongest = std::numeric_limits<int>::max();
  const google::protobuf::LogSilencer quiet;  // what is wrong with a record its reader says, in its own log
  if (bytes.size() > kLongest || !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(kUnreadable, "it is no " + std::string(record.GetTypeName()));
  }
  return checked(record);
}

}  // namespace

Result<void> check(const v1::ReceiptAccepted& record) { return checked(record); }
Result<void> check(const v1::ReceiptOwner& record) { return checked(record); }
Result<void> check(const v1::RegisterCallback& record) { return checked(record); }
Result<void> check(const v1::ReceiptOutcome& record) { return checked(record); }
Result<void> check(const v1::FiscalDocument& document) { return checked(document); }

Result<void> read(std::string_view bytes, v1::ReceiptAccepted& record) { return parsed(bytes, record); }
Result<void> read(std::string_view bytes, v1::ReceiptOwner& record) { return parsed(bytes, record); }
Result<void> read(std::string_view bytes, v1::RegisterCallback& record) { return parsed(bytes, record); }
Result<void> read(std::string_view bytes, v1::ReceiptOutcome& record) {
  if (auto limited = parsed(bytes, record); !limited) return limited;
  if (!from_record(record.state())) return fail(kUnreadable, "state " + std::to_string(record.state()) + " is unknown");
  return {};
}

}  // namespace kassaflow::records
