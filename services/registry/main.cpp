#include "app.hpp"
#include "first_token.hpp"
#include "migrations.hpp"

int main(int argc, char** argv) {
  using namespace kassaflow;
  registry::RegistrySettings settings;
  return runtime::run_service(
      {.name = "registry",
       .add_settings = [&](settings::Settings& keys) { settings.add_to(keys); },
       .check_settings = [&](const runtime::CommonSettings&) { return settings.check(); },
       .prepare = [&] { return settings.schema.prepare(settings.postgres.reveal(), registry::schema()); },
       .start = [&](const runtime::Context& context) { return registry::start_registry(settings, context); },
       .tools = {{"migrate", postgres::kMigrateDescription,
                  [&] { return postgres::migrate_by_hand(settings.postgres.reveal(), registry::schema()); }},
                 {"first-token",
                  "print a token of the operator's, valid for 30 days, to make others with; voids the last one",
                  [&] { return registry::make_first_token(settings); }}}},
      argc, argv);
}
