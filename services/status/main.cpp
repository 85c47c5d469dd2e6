#include "app.hpp"
#include "kassaflow/runtime/service.hpp"
#include "settings.hpp"

int main(int argc, char** argv) {
  using namespace kassaflow;
  status::StatusSettings settings;
  runtime::ServiceDefinition definition;
  definition.name = "status";
  definition.add_settings = [&](settings::Settings& keys) { settings.add_to(keys); };
  definition.check_settings = [&](const runtime::CommonSettings&) { return settings.check(); };
  definition.start = [&](const runtime::Context& context) {
    return std::make_unique<status::StatusApp>(context, settings);
  };
  return runtime::run_service(definition, argc, argv);
}
