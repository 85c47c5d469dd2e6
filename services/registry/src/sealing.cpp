#include "sealing.hpp"

#include <sodium.h>

#include <optional>
#include <sstream>

namespace kassaflow::registry {
namespace {

constexpr unsigned char kFormat = 1;  // XChaCha20-Poly1305: format, key id, nonce, box
constexpr std::size_t kNonceSize = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagSize = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHeaderSize = 1 + std::tuple_size_v<KeyId> + kNonceSize;
static_assert(std::tuple_size_v<Key32> == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(std::tuple_size_v<Key32> == crypto_auth_hmacsha256_KEYBYTES);

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string hex(std::string_view raw) {
  std::string text(2 * raw.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes(raw), raw.size());
  text.pop_back();
  return text;
}

std::optional<Key32> decode(const std::string& text) {
  Key32 key{};
  std::size_t size = 0;
  if (sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0 &&
      size == key.size() && text.size() == 2 * key.size()) {
    return key;
  }
  const char* end = nullptr;
  if (sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, &end,
                        sodium_base64_VARIANT_ORIGINAL) == 0 &&
      size == key.size() && end == text.data() + text.size()) {
    return key;
  }
  return std::nullopt;
}

Result<std::vector<Key32>> decode_all(const Secret& file) {
  std::istringstream words(file.reveal());
  std::vector<Key32> keys;
  for (std::string word; words >> word;) {
    const auto key = decode(word);
    if (!key) return fail(kKeyMalformed, "a key is not 32 bytes as 64 hex digits or as base64");
    keys.push_back(*key);
  }
  if (keys.empty()) return fail(kKeyMissing, "there is no key");
  return keys;
}

std::string hmac(const Key32& key, std::string_view text) {
  std::string mac(crypto_auth_hmacsha256_BYTES, '\0');
  crypto_auth_hmacsha256(bytes(mac), bytes(text), text.size(), key.data());
  return mac;
}

}  // namespace

Result<Keyring> Keyring::parse(const Secret& file) {
  const auto keys = decode_all(file);
  if (!keys) return tl::unexpected(keys.error());
  Keyring ring;
  for (const Key32& key : *keys) {
    Entry entry;
    entry.key = key;
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash(hash.data(), hash.size(), key.data(), key.size(), nullptr, 0);
    std::copy_n(hash.begin(), entry.id.size(), entry.id.begin());
    ring.entries_.push_back(entry);
  }
  return ring;
}

std::string Keyring::seal(std::string_view place, std::string_view plain) const {
  const Entry& current = entries_.front();
  std::string sealed(kHeaderSize + plain.size() + kTagSize, '\0');
  unsigned char* out = bytes(sealed);
  *out = kFormat;
  std::copy(current.id.begin(), current.id.end(), out + 1);
  unsigned char* nonce = out + 1 + current.id.size();
  randombytes_buf(nonce, kNonceSize);
  crypto_aead_xchacha20poly1305_ietf_encrypt(out + kHeaderSize, nullptr, bytes(plain), plain.size(), bytes(place),
                                             place.size(), nullptr, nonce, current.key.data());
  return sealed;
}

Result<std::string> Keyring::open(std::string_view place, std::string_view sealed) const {
  if (sealed.size() < kHeaderSize + kTagSize || bytes(sealed)[0] != kFormat) {
    return fail(kSealedMalformed, "credentials of " + std::string(place) + " are damaged");
  }
  const unsigned char* id = bytes(sealed) + 1;
  for (const Entry& entry : entries_) {
    if (!std::equal(entry.id.begin(), entry.id.end(), id)) continue;
    std::string plain(sealed.size() - kHeaderSize - kTagSize, '\0');
    const std::string_view box = sealed.substr(kHeaderSize);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plain), nullptr, nullptr, bytes(box), box.size(), bytes(place),
                                                   place.size(), id + entry.id.size(), entry.key.data()) != 0) {
      return fail(kSealedTampered, "credentials of " + std::string(place) + " do not open: damaged or moved");
    }
    return plain;
  }
  return fail(kSealedUnknownKey, "credentials of " + std::string(place) + " were sealed with key " +
                                     hex(sealed.substr(1, std::tuple_size_v<KeyId>)) +
                                     ", which is not in the master key file");
}

bool Keyring::sealed_with_current(std::string_view sealed) const {
  const KeyId& id = entries_.front().id;
  return sealed.size() > kHeaderSize && std::equal(id.begin(), id.end(), bytes(sealed) + 1);
}

Result<IdMaster> IdMaster::parse(const Secret& file) {
  const auto keys = decode_all(file);
  if (!keys) return tl::unexpected(keys.error());
  if (keys->size() != 1) return fail(kKeySeveral, "the id master is one key and never rotates");
  IdMaster master;
  master.key_ = keys->front();
  return master;
}

std::string IdMaster::id_key(const TenantId& tenant, const InstallationId& installation) const {
  return hmac(key_, tenant.str() + "/" + installation.str());
}

// Ids hold no NUL, so no purpose can meet the text of an id key.
std::string IdMaster::derive(std::string_view purpose, std::string_view text) const {
  const std::string derived = hmac(key_, std::string(1, '\0') + std::string(purpose));
  Key32 key{};
  std::copy_n(bytes(derived), key.size(), key.begin());
  return hex(hmac(key, text)).substr(0, 32);
}

std::string IdMaster::callback_token(const TenantId& tenant, std::string_view callback_key) const {
  return derive("callback token", tenant.str() + "/" + std::string(callback_key));
}

std::string IdMaster::secret_hash(std::string_view secret) const { return derive("installation secret", secret); }

std::string IdMaster::fingerprint() const { return derive("fingerprint", ""); }

std::string generate_secret() {
  std::string raw(16, '\0');
  randombytes_buf(raw.data(), raw.size());
  return hex(raw);
}

}  // namespace kassaflow::registry
