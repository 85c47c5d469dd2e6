#include "kassaflow/base/sha256.hpp"

#include <openssl/evp.h>

#include <stdexcept>

namespace kassaflow {

Sha256 sha256(std::string_view bytes) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // dearer than a short text's digest
  Sha256 digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, algorithm, nullptr) != 1)
    throw std::runtime_error("SHA-256 failed: out of memory, or a broken libcrypto");
  return digest;
}

}  // namespace kassaflow
