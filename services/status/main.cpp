#include "app.hpp"
#include "kassaflow/runtime/service.hpp"
#include "migrations.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  using namespace kassaflow;
  status::StatusSettings settings;
  runtime::ServiceDefinition definition;
  definition.name = "status";
  definition.add_settings = [&](settings::Settings& keys) { settings.add_to(keys); };
  definition.check_settings = [&](const runtime::CommonSettings&) { return settings.check(); };
  definition.prepare = [&] { return settings.schema.prepare(settings.postgres.reveal(), status::schema()); };
  definition.start = [&](const runtime::Context& context) {
    return std::make_unique<status::StatusApp>(context, settings);
  };
  definition.tools = {{"migrate", postgres::kMigrateDescription,
                       [&] { return postgres::migrate_by_hand(settings.postgres.reveal(), status::schema()); }}};
  return runtime::run_service(definition, argc, argv);
}
