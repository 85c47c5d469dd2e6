#pragma once
// Between the domain's values and the messages that travel and are stored (proto/kassaflow/v1/records.proto). Pure.
// Inside, code speaks fiscal:: and receipts::.

#include <cstdint>
#include <optional>
#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"
#include "kassaflow/receipts/attempt.hpp"
#include "kassaflow/receipts/machine.hpp"

namespace kassaflow::v1 {
class FiscalDocument;
class Receipt;
class ReceiptOutcome;
enum AttemptOutcome : int;
enum ReceiptState : int;
}  // namespace kassaflow::v1

namespace kassaflow::records {

inline constexpr std::string_view kOtherVersion = "print it with the version that wrote the record, or a later one";
// Which code of a record is none of the law's.
inline constexpr ErrorKind kUnknownSign{"record.sign", kOtherVersion};
inline constexpr ErrorKind kUnknownVat{"record.vat", kOtherVersion};
inline constexpr ErrorKind kUnknownMethod{"record.method", kOtherVersion};
inline constexpr ErrorKind kUnknownSubject{"record.subject", kOtherVersion};
inline constexpr ErrorKind kUnknownMeasure{"record.measure", kOtherVersion};

// `check_type` is the caller's to set: the domain does not know it.
[[nodiscard]] v1::Receipt to_record(const fiscal::Receipt& receipt);
[[nodiscard]] v1::FiscalDocument to_record(const fiscal::FiscalDocument& document);
[[nodiscard]] v1::ReceiptState to_record(receipts::State state);
[[nodiscard]] v1::AttemptOutcome to_record(receipts::AttemptOutcome outcome);

// Fails with one of the above when a code is none of the law's: a record of a newer or a foreign program is not printed
// as something else. Amounts and texts are taken as they are; fiscal::validate judges them.
[[nodiscard]] Result<fiscal::Receipt> from_record(const v1::Receipt& record);
[[nodiscard]] fiscal::FiscalDocument from_record(const v1::FiscalDocument& record);
// When a receipt that is done or failed became so; an older program did not tell: then its last change.
[[nodiscard]] std::int64_t finished_at_ms(const v1::ReceiptOutcome& outcome);
// nullopt: not set, or a state of a newer program.
[[nodiscard]] std::optional<receipts::State> from_record(v1::ReceiptState state);
[[nodiscard]] std::optional<receipts::AttemptOutcome> from_record(v1::AttemptOutcome outcome);

}  // namespace kassaflow::records
