#pragma once
// Credentials at rest, and everything that is derived from the id master. Pure but for the nonce's randomness.
// Both key files hold 32 bytes as 64 hex digits or as base64.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/base/secret.hpp"

namespace kassaflow::registry {

inline constexpr ErrorKind kKeyMalformed{"keys.malformed", "write 64 hex digits, or base64 of 32 bytes"};
inline constexpr ErrorKind kKeyMissing{"keys.missing", "write 32 bytes as hex or base64 into the file"};
inline constexpr ErrorKind kKeySeveral{"keys.several", "leave the first key that was in the file alone there"};
inline constexpr ErrorKind kSealedMalformed{"sealed.malformed", "restore the database, or apply the document again"};
inline constexpr ErrorKind kSealedTampered{"sealed.tampered", "restore the database, or apply the document again"};
inline constexpr ErrorKind kSealedUnknownKey{"sealed.unknown_key", "put the old key below the new one in the file"};

using Key32 = std::array<unsigned char, 32>;
using KeyId = std::array<unsigned char, 4>;  // tells keys apart; derived from the key, says nothing of it

// The master keys. The first of the file seals, every one of it opens: to rotate, put the new key above the old one,
// restart (the registry seals everything anew), then remove the old one.
class Keyring {
 public:
  static Result<Keyring> parse(const Secret& file);

  // XChaCha20-Poly1305. `place` ("pool/acme") is authenticated: a sealed value moved to another row does not open.
  [[nodiscard]] std::string seal(std::string_view place, std::string_view plain) const;
  [[nodiscard]] Result<std::string> open(std::string_view place, std::string_view sealed) const;
  [[nodiscard]] bool sealed_with_current(std::string_view sealed) const;

 private:
  struct Entry {
    KeyId id{};
    Key32 key{};
  };
  std::vector<Entry> entries_;
};

// Never rotates: receipt ids are made of it (exactly-once.md 10).
class IdMaster {
 public:
  static Result<IdMaster> parse(const Secret& file);

  [[nodiscard]] std::string id_key(const TenantId& tenant, const InstallationId& installation) const;
  // One token for all registers of an organization: they share its callback key.
  [[nodiscard]] std::string callback_token(const TenantId& tenant, std::string_view callback_key) const;
  // Stands for an installation's secret where only equality matters.
  [[nodiscard]] std::string secret_hash(std::string_view secret) const;
  // Tells whether this is still the id master the database was made with.
  [[nodiscard]] std::string fingerprint() const;

 private:
  [[nodiscard]] std::string derive(std::string_view purpose, std::string_view text) const;
  Key32 key_{};
};

[[nodiscard]] std::string generate_secret();  // 128 random bits as hex

}  // namespace kassaflow::registry
