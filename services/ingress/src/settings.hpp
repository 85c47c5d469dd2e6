#pragma once
// The keys of ingress's configuration.

#include <chrono>
#include <cstdint>
#include <string>

#include "kassaflow/configuration/registry_address.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/settings/settings.hpp"
#include "limits.hpp"

namespace kassaflow::ingress {

struct IngressSettings {
  std::string http_address = "127.0.0.1";
  std::uint16_t http_port = 0;
  kafka::Connection kafka{.brokers = "127.0.0.1:9092"};
  configuration::RegistryAddress registry{"127.0.0.1:7001"};
  identity::Files identity;
  std::string status_look_up = "127.0.0.1:8003";
  settings::Duration print_deadline{5000};
  settings::Duration kafka_message_timeout{4000};
  settings::Duration lookup_timeout{100};
  std::size_t body_limit = 4 * 1024 * 1024;  // bytes
  Limits::Options limits = {};

  void add_to(settings::Settings& keys);
  // Empty when the values fit together.
  [[nodiscard]] std::string check() const;

  // PRINT_DEADLINE > message.timeout.ms (exactly-once.md 15): a lowered deadline lowers the producer's time-out too.
  [[nodiscard]] settings::Duration message_timeout() const;
};

}  // namespace kassaflow::ingress
