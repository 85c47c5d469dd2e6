#include "app.hpp"

int main(int argc, char** argv) {
  using namespace kassaflow;
  ingress::IngressSettings settings;
  runtime::ServiceDefinition definition;
  definition.name = "ingress";
  definition.add_settings = [&](settings::Settings& keys) { settings.add_to(keys); };
  definition.check_settings = [&](const runtime::CommonSettings&) { return settings.check(); };
  definition.start = [&](const runtime::Context& context) { return ingress::start(context, settings); };
  return runtime::run_service(definition, argc, argv);
}
