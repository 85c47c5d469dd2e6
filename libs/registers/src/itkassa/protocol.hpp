#pragma once
// What the services must know of the itkassa cloud's registers (protocols/itkassa.md).

#include <string>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/registers/protocol.hpp"

namespace kassaflow::registers::itkassa {

struct Settings final : ProtocolSettings {
  std::string cre_item_id;
  Secret api_key;               // X-Api-Key of our requests
  Secret callback_key;          // X-Api-Key of the cloud's callbacks, empty: there are none
  std::string organization_id;  // X-Organization-Id of callbacks, empty: not compared
};

inline constexpr const char* kRequestTimeout = "itkassa_timeout";

[[nodiscard]] const Protocol& protocol();

}  // namespace kassaflow::registers::itkassa
