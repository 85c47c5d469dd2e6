#pragma once
// Which documents, and which credentials of them, a watching service is sent: no more than it needs. Pure.

#include <optional>
#include <string_view>

#include "kassaflow/v1/registry.pb.h"
#include "sealing.hpp"

namespace kassaflow::registry {

[[nodiscard]] bool is_known_service(std::string_view service);  // ingress | fiscalizer | status

// nullopt: not for this service. `document` comes with credentials.
[[nodiscard]] std::optional<v1::Document> scoped(const v1::Document& document, std::string_view service,
                                                 const IdMaster& id_master);

}  // namespace kassaflow::registry
