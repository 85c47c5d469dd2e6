#pragma once
#include <vector>

#include "kassaflow/postgres/pool.hpp"

namespace kassaflow::registry {

inline constexpr const char* kSchema = "registry";
[[nodiscard]] std::vector<postgres::Migration> migrations();

}  // namespace kassaflow::registry
