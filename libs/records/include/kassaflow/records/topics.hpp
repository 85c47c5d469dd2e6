#pragma once
// The names on Kafka (design: the wire between the services). Values are messages of proto/kassaflow/v1/records.proto.

#include <chrono>

namespace kassaflow::records {

inline constexpr const char* kReceiptsTopic = "kassaflow.receipts";    // ReceiptAccepted; key = pool
inline constexpr const char* kCallbacksTopic = "kassaflow.callbacks";  // RegisterCallback; key = pool
inline constexpr const char* kOutcomesTopic = "kassaflow.outcomes";    // ReceiptOutcome; key = receipt
inline constexpr const char* kDeadLettersTopic =
    "kassaflow.dead-letters";  // as it was in its topic; kafka/dead_letters.hpp

// How long posts and outcomes can be read again (exactly-once.md 18).
inline constexpr std::chrono::hours kKeptFor{30 * 24};

// Header of kassaflow.receipts: ReceiptOwner.
inline constexpr const char* kOwnerHeader = "owner";

}  // namespace kassaflow::records
