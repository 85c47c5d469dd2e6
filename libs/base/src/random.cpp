#include "kassaflow/base/random.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace kassaflow {

std::array<unsigned char, 16> random_bytes() {
  thread_local std::array<unsigned char, 1024> drawn;
  thread_local auto next = drawn.end();
  std::array<unsigned char, 16> bytes{};
  if (next == drawn.end()) {
    if (RAND_bytes(drawn.data(), static_cast<int>(drawn.size())) != 1)
      throw std::runtime_error("libcrypto has no random bytes");
    next = drawn.begin();
  }
  std::copy_n(next, bytes.size(), bytes.begin());
  next += static_cast<std::ptrdiff_t>(bytes.size());
  return bytes;
}

}  // namespace kassaflow
