#pragma once
// Every timer of the fiscalizer, with the bounds within which the rules of exactly-once.md hold.

#include "kassaflow/base/secret.hpp"
#include "kassaflow/configuration/registry_address.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/kafka/connection.hpp"
#include "kassaflow/postgres/schema.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/runtime/service.hpp"
#include "kassaflow/settings/settings.hpp"

namespace kassaflow::fiscalizer {

struct FiscalizerSettings {
  std::string grpc_address = "127.0.0.1";
  std::uint16_t grpc_port = 0;
  Secret postgres;
  postgres::SchemaSettings schema;
  kafka::Connection kafka;
  configuration::RegistryAddress registry;
  identity::Files identity;
  std::string status_grpc;
  registers::Durations durations = registers::standard_durations();  // of the protocols, each a key of its own
  settings::Duration retry_min{5000};
  settings::Duration retry_max{300000};
  settings::Duration register_health{10000};
  settings::Duration pending_limit{24 * 3600 * 1000};
  int refusals_before_held = 5;
  settings::Duration lease{10000};
  settings::Duration contents_kept{std::chrono::hours(365 * 24)};

  // The longest of each over all protocols: what a person says of an attempt counts after that, whatever its register.
  [[nodiscard]] settings::Duration longest_answer() const;
  [[nodiscard]] settings::Duration longest_quiet() const;
  // How long bytes of a worker that is gone may still arrive at a register, whatever its protocol.
  [[nodiscard]] settings::Duration late_bytes() const;
  // Those of every service, where the fiscalizer's defaults are others.
  [[nodiscard]] static runtime::CommonSettings common();
  void add_to(settings::Settings& keys);
  // Empty when the values fit together.
  [[nodiscard]] std::string check(const runtime::CommonSettings& common) const;
};

}  // namespace kassaflow::fiscalizer
