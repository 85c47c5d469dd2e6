#pragma once

#include <vector>

#include "kassaflow/postgres/pool.hpp"

namespace kassaflow::fiscalizer {

// The journal's schema `fiscalizer`. Numbers never change; a new one is appended.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();

}  // namespace kassaflow::fiscalizer
