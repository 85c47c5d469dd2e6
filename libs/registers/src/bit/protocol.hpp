#pragma once
// What the services must know of registers behind a BIT driver (protocols/bit-driver.md).

#include "kassaflow/base/secret.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers::bit {

struct Settings final : ProtocolSettings {
  Secret kkt_token;
  bool deduplication_verified = false;  // the driver answers a repeated order id with the earlier result (§8.1)
};

inline constexpr const char* kConnectTimeout = "bit_connect_timeout";
inline constexpr const char* kAnswerTimeout = "bit_timeout";

[[nodiscard]] const Protocol& protocol();

}  // namespace kassaflow::registers::bit
