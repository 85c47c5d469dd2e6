#include "kassaflow/configuration/registry_address.hpp"

#include "kassaflow/settings/settings.hpp"

namespace kassaflow::configuration {

void RegistryAddress::add_to(settings::Settings& keys) {
  keys.peer(grpc, "registry_grpc", "the registry; while it is away the last configuration stays in force");
}

}  // namespace kassaflow::configuration
