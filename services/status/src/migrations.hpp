#pragma once
// The schema `status`: the view of the journal's outcomes, and what is known of the portals they are pushed to.

#include <vector>

#include "kassaflow/postgres/schema.hpp"

namespace kassaflow::status {

inline constexpr const char* kSchema = "status";
// The files of services/status/migrations.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();
[[nodiscard]] inline postgres::Schema schema() { return {kSchema, migrations()}; }

}  // namespace kassaflow::status
