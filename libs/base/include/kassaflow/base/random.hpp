#pragma once
// Random bytes that nobody can guess, for ids. A thread draws many at once from libcrypto. Thread-safe.

#include <array>

namespace kassaflow {

[[nodiscard]] std::array<unsigned char, 16> random_bytes();

}  // namespace kassaflow
