#include "app.hpp"

#include <gtest/gtest.h>

#include "kassaflow/runtime/service.hpp"
#include "written_settings.hpp"

namespace kassaflow::registry {
namespace {

TEST(RegistrySettings, StandInTheDocumentation) {
  runtime::CommonSettings common;
  RegistrySettings own;
  settings::Settings keys;
  common.add_to(keys);
  own.add_to(keys);
  settings::expect_written(keys, KASSAFLOW_SETTINGS);
}

}  // namespace
}  // namespace kassaflow::registry
