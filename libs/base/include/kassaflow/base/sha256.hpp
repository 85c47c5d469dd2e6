#pragma once
// SHA-256, by the processor's own instructions where it has them. Thread-safe.

#include <array>
#include <string_view>

namespace kassaflow {

using Sha256 = std::array<unsigned char, 32>;
[[nodiscard]] Sha256 sha256(std::string_view bytes);

}  // namespace kassaflow
