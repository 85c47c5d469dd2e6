#pragma once
// Between the domain's values and the messages that travel and are stored (proto/kassaflow/v1/records.proto). Pure.
// This is where protobuf stops: inside, code speaks fiscal::.

#include "kassaflow/base/result.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::v1 {
class FiscalDocument;
class Receipt;
}  // namespace kassaflow::v1

namespace kassaflow::records {

// `check_type` is the caller's to set: the domain does not know it.
[[nodiscard]] v1::Receipt to_record(const fiscal::Receipt& receipt);
[[nodiscard]] v1::FiscalDocument to_record(const fiscal::FiscalDocument& document);

// Fails with "record.…" when a code is none of the law's: a record of a newer or a foreign program is not printed as
// something else. Amounts and texts are taken as they are; fiscal::validate judges them.
[[nodiscard]] Result<fiscal::Receipt> from_record(const v1::Receipt& record);
[[nodiscard]] fiscal::FiscalDocument from_record(const v1::FiscalDocument& record);

}  // namespace kassaflow::records
