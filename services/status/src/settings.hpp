#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/configuration/registry_address.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/postgres/schema.hpp"
#include "kassaflow/settings/settings.hpp"

namespace kassaflow::status {

struct StatusSettings {
  std::string http_address = "127.0.0.1";
  std::uint16_t http_port = 0;
  std::string look_up_address = "127.0.0.1";
  std::uint16_t look_up_port = 0;
  std::string grpc_address = "127.0.0.1";
  std::uint16_t grpc_port = 0;
  Secret postgres;
  postgres::SchemaSettings schema;
  kafka::Connection kafka;
  configuration::RegistryAddress registry;
  identity::Files identity;
  std::string otlp_traces_url;
  settings::Duration push_delay{2000};
  settings::Duration push_retry_min{5000};
  settings::Duration push_retry_max{900000};

  // A test that shortens push_retry_max alone is not refused.
  [[nodiscard]] settings::Duration retry_min() const { return std::min(push_retry_min, push_retry_max); }
  void add_to(settings::Settings& keys);
  // Empty when the values fit together.
  [[nodiscard]] std::string check() const;
};

}  // namespace kassaflow::status
