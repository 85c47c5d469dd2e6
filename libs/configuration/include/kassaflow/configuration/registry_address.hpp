#pragma once
// How a service is told where the registry is.

#include <string>

namespace kassaflow::settings {
class Settings;
}

namespace kassaflow::configuration {

struct RegistryAddress {
  std::string grpc;  // host:port

  // Key `registry_grpc`.
  void add_to(settings::Settings& keys);
};

}  // namespace kassaflow::configuration
