#pragma once
// The schema `fiscalizer`: the journal.

#include <vector>

#include "kassaflow/postgres/schema.hpp"

namespace kassaflow::fiscalizer {

inline constexpr const char* kSchema = "fiscalizer";

// The files of services/fiscalizer/migrations.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();
[[nodiscard]] inline postgres::Schema schema() { return {kSchema, migrations()}; }

}  // namespace kassaflow::fiscalizer
