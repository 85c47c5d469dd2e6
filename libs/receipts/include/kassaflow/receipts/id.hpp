#pragma once
// Identities of a receipt, its posts and its attempts. Pure but for new_post_id's randomness. Thread-safe.

#include <sodium/crypto_auth_hmacsha256.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/secret.hpp"

namespace kassaflow::receipts {

// What an installation's receipt ids are made with: lower-case UUIDv8 of HMAC-SHA-256(id_key, unique_id): the same post
// gets the same id from any replica without a look-up, and nobody can guess one (design.md 4.1). The key never changes
// (exactly-once.md 10).
class IdKey {
 public:
  explicit IdKey(const Secret& key);  // not empty
  [[nodiscard]] ReceiptId receipt_id(std::string_view unique_id) const;

 private:
  crypto_auth_hmacsha256_state keyed_;  // the half of the work that is the same for every receipt
};

// UUIDv7 of one accepted HTTP post (exactly-once.md 12).
[[nodiscard]] std::string new_post_id(std::int64_t now_ms);

// The idempotency key of one attempt: known before anything is stored, the same after a crash, never used twice,
// because attempt numbers do not restart within a receipt's life (exactly-once.md 1). `id`: the receipt's, or what a
// shift report is called.
[[nodiscard]] std::string attempt_key(std::string_view id, std::uint32_t number);          // UUIDv8
[[nodiscard]] std::string numeric_attempt_key(std::string_view id, std::uint32_t number);  // 15 decimal digits

// True for the canonical lower-case text of a UUID.
[[nodiscard]] bool is_uuid(std::string_view text);

// hash(pool) mod 1024, fixed for ever (exactly-once.md 4).
inline constexpr int kShards = 1024;
[[nodiscard]] int shard_of(const PoolId& pool);

}  // namespace kassaflow::receipts
