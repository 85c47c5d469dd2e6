#include "first_token.hpp"

#include <sodium.h>

#include <iostream>

#include "kassaflow/rpc/token.hpp"
#include "migrations.hpp"
#include "store.hpp"

namespace kassaflow::registry {

namespace {
constexpr std::chrono::days kValid{30};
}

int make_first_token(const RegistrySettings& settings) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  postgres::migrate(settings.postgres.reveal(), schema());
  Store store({.postgres = settings.postgres.reveal()}, Keyring::parse(settings.master_key).value(),
              IdMaster::parse(settings.id_master).value());
  if (const auto ready = store.prepare(); !ready) throw std::runtime_error(explained(ready.error()));
  const Secret made = rpc::make_token();
  v1::Document document;
  v1::Token& token = *document.mutable_token();
  token.set_id("first-operator");
  token.set_scope(v1::SCOPE_OPERATOR);
  token.set_hash(rpc::hash_of(made.reveal()));
  token.set_expires(rpc::to_text(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + kValid));
  const auto applied = store.apply({document}, {.name = "registry first-token", .came_from = {}, .reason = {}}, {});
  if (!applied) throw std::runtime_error(explained(applied.error()));
  std::cout << made.reveal() << "\n";
  return 0;
}

}  // namespace kassaflow::registry
