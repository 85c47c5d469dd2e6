#pragma once
// The schema `fiscalizer`: the journal.

#include <vector>

#include "kassaflow/postgres/database.hpp"

namespace kassaflow::fiscalizer {

inline constexpr const char* kSchema = "fiscalizer";

// The files of services/fiscalizer/migrations.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();

}  // namespace kassaflow::fiscalizer
