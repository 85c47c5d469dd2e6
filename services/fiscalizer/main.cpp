#include <stdexcept>

#include "app.hpp"
#include "kassaflow/runtime/service.hpp"
#include "life_timer.hpp"
#include "migrations.hpp"
#include "republish.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  using namespace kassaflow;
  fiscalizer::FiscalizerSettings settings;
  runtime::ServiceDefinition definition;
  definition.name = "fiscalizer";
  definition.common = fiscalizer::FiscalizerSettings::common();
  definition.add_settings = [&](settings::Settings& keys) { settings.add_to(keys); };
  definition.check_settings = [&](const runtime::CommonSettings& common) { return settings.check(common); };
  definition.prepare = [&] {
    if (const auto why = fiscalizer::KillTimer::powerless(); !why.empty()) throw std::runtime_error(why);
    return settings.schema.prepare(settings.postgres.reveal(), fiscalizer::schema());
  };
  definition.start = [&](const runtime::Context& context) {
    return std::make_unique<fiscalizer::App>(context, settings);
  };
  definition.tools = {{"migrate", postgres::kMigrateDescription,
                       [&] { return postgres::migrate_by_hand(settings.postgres.reveal(), fiscalizer::schema()); }},
                      {"republish", "tell all outcomes again, from the journal; may be repeated and broken off",
                       [&] { return fiscalizer::republish(settings); }}};
  return runtime::run_service(definition, argc, argv);
}
