#pragma once
// Which documents, and which credentials of them, a watching service is sent: what the marks of
// proto/kassaflow/v1/registry.proto name it for, and nothing else. Pure.

#include <optional>

#include "kassaflow/v1/registry.pb.h"
#include "sealing.hpp"

namespace kassaflow::registry {

// nullopt: not for this service. `document` comes with credentials.
[[nodiscard]] std::optional<v1::Document> scoped(const v1::Document& document, v1::Service service,
                                                 const IdMaster& id_master);

}  // namespace kassaflow::registry
