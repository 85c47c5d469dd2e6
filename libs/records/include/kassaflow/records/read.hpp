#pragma once
// Records as they come from Kafka. A record is read when its bytes are the message it should be and every field is
// within its limits (limits.hpp), so that the stores can hold it and nothing in it costs more than its length: who
// wrote it is not known. What a field means (codes, content that agrees) is judged where it is used. Pure, thread-safe.

#include <string_view>

#include "kassaflow/base/result.hpp"
#include "kassaflow/records/convert.hpp"

namespace kassaflow::v1 {
class ReceiptAccepted;
class ReceiptOutcome;
class ReceiptOwner;
class RegisterCallback;
}  // namespace kassaflow::v1

namespace kassaflow::records {

// The bytes are no such message, or say a state that this program does not know.
inline constexpr ErrorKind kUnreadable{"record.unreadable", kOtherVersion};
// The message names the field, as in records.proto, and what is wrong with it. It quotes nothing of the record.
inline constexpr ErrorKind kOutOfLimits{"record.out_of_limits"};

// Fails with one of the above; `record` is worth nothing then.
[[nodiscard]] Result<void> read(std::string_view bytes, v1::ReceiptAccepted& record);
[[nodiscard]] Result<void> read(std::string_view bytes, v1::ReceiptOwner& record);
[[nodiscard]] Result<void> read(std::string_view bytes, v1::RegisterCallback& record);
[[nodiscard]] Result<void> read(std::string_view bytes, v1::ReceiptOutcome& record);

// For whoever writes one: fails with kOutOfLimits where every reader would.
[[nodiscard]] Result<void> check(const v1::ReceiptAccepted& record);
[[nodiscard]] Result<void> check(const v1::ReceiptOwner& record);
[[nodiscard]] Result<void> check(const v1::RegisterCallback& record);
[[nodiscard]] Result<void> check(const v1::ReceiptOutcome& record);
[[nodiscard]] Result<void> check(const v1::FiscalDocument& document);

}  // namespace kassaflow::records
