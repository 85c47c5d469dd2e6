#pragma once
// A register without a device, for trying the gateway out: it prints whatever it is given, or refuses it when its
// settings say so, and nothing that it makes has legal force (protocols/virtual.md). Its documents can never be
// taken for fiscal ones.

#include <chrono>
#include <cstdint>

#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers::virtual_register {

struct Settings final : ProtocolSettings {
  std::chrono::milliseconds delay{};  // from a receipt's arrival to its document
  // Receipts whose total ends in so many kopecks are refused, so that whoever tries the gateway out can order a
  // refusal; 0: none.
  std::int64_t refuse_kopecks = 0;
};

[[nodiscard]] const Protocol& protocol();

}  // namespace kassaflow::registers::virtual_register
