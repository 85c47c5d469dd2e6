#pragma once
// The registry as a running service: store, watchers, gRPC server, and the thread that hears of other replicas'
// changes.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/postgres/schema.hpp"
#include "kassaflow/runtime/service.hpp"

namespace kassaflow::registry {

struct RegistrySettings {
  std::string grpc_address = "127.0.0.1";
  std::uint16_t grpc_port = 0;
  Secret postgres;
  postgres::SchemaSettings schema;
  Secret master_key;
  Secret id_master;
  settings::Duration secret_grace{std::chrono::hours(24)};
  std::string public_url;
  std::string fiscalizer_grpc;
  identity::Files identity;

  void add_to(settings::Settings& keys);
  [[nodiscard]] std::string check() const;  // empty = fine
};

std::unique_ptr<runtime::App> start_registry(const RegistrySettings& settings, const runtime::Context& context);

}  // namespace kassaflow::registry
