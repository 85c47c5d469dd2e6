#pragma once
// Ingress as a running service: what it listens to, asks and writes to.

#include <memory>

#include "kassaflow/runtime/service.hpp"
#include "settings.hpp"

namespace kassaflow::ingress {

[[nodiscard]] std::unique_ptr<runtime::App> start(const runtime::Context& context, const IngressSettings& settings);

}  // namespace kassaflow::ingress
