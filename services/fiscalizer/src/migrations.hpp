#pragma once

#include <vector>

#include "kassaflow/postgres/pool.hpp"

namespace kassaflow::fiscalizer {

inline constexpr const char* kSchema = "fiscalizer";

// The journal's schema. Numbers never change; a new one is appended.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();

}  // namespace kassaflow::fiscalizer
