#pragma once
// docs/settings/SERVICE.yaml is what `SERVICE print-default-config` prints.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "kassaflow/settings/settings.hpp"

namespace kassaflow::settings {

inline void expect_written(const Settings& keys, const std::string& path) {
  std::ifstream file(path);
  EXPECT_EQ(std::string((std::istreambuf_iterator<char>(file)), {}), keys.default_yaml())
      << path << " is older than the settings; write it again with\n  SERVICE print-default-config > " << path;
}

}  // namespace kassaflow::settings
