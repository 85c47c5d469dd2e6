#include "kassaflow/receipts/id.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <stdexcept>

#include "kassaflow/base/random.hpp"
#include "kassaflow/base/sha256.hpp"
#include "kassaflow/text/ascii.hpp"
#include "kassaflow/text/hex.hpp"

namespace kassaflow::receipts {
namespace {

using Bytes16 = std::array<unsigned char, 16>;

std::string to_uuid(Bytes16 bytes, unsigned version) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | (version << 4));
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    append_hex(text, bytes[i]);
  }
  return text;
}

const unsigned char* as_bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string attempt_name(std::string_view id, std::uint32_t number) {
  return "kassaflow/attempt/" + std::string(id) + "/" + std::to_string(number);
}

}  // namespace

IdKey::IdKey(const Secret& key) {
  if (key.empty()) throw std::invalid_argument("IdKey: the installation has no id key");
  crypto_auth_hmacsha256_init(&keyed_, as_bytes(key.reveal()), key.reveal().size());
}

ReceiptId IdKey::receipt_id(std::string_view unique_id) const {
  crypto_auth_hmacsha256_state state = keyed_;
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_update(&state, as_bytes(unique_id), unique_id.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  Bytes16 head{};
  std::copy_n(mac.begin(), head.size(), head.begin());
  return ReceiptId(to_uuid(head, 8));
}

std::string new_post_id(std::int64_t now_ms) {
  Bytes16 bytes = random_bytes();
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(now_ms >> (8 * (5 - i)));
  return to_uuid(bytes, 7);
}

std::string attempt_key(std::string_view id, std::uint32_t number) {
  const auto digest = sha256(attempt_name(id, number));
  Bytes16 head{};
  std::copy_n(digest.begin(), head.size(), head.begin());
  return to_uuid(head, 8);
}

std::string numeric_attempt_key(std::string_view id, std::uint32_t number) {
  const auto digest = sha256(attempt_name(id, number));
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | digest[i];
  // 15 digits, the first not a zero: exact in a binary64 as well, should a driver read it into one.
  constexpr std::uint64_t kSpan = 900'000'000'000'000ULL;
  return std::to_string(100'000'000'000'000ULL + value % kSpan);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !ascii::is_lower_hex(text[i])) return false;
  }
  return true;
}

int shard_of(const PoolId& pool) {
  const auto digest = sha256(pool.str());
  return (digest[0] << 8 | digest[1]) % kShards;
}

}  // namespace kassaflow::receipts
