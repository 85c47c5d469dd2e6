#pragma once
// The schema `registry`: documents and their secrets, revisions, tombstones, the audit.

#include <vector>

#include "kassaflow/postgres/schema.hpp"

namespace kassaflow::registry {

inline constexpr const char* kSchema = "registry";

// The files of services/registry/migrations.
[[nodiscard]] const std::vector<postgres::Migration>& migrations();
[[nodiscard]] inline postgres::Schema schema() { return {kSchema, migrations()}; }

}  // namespace kassaflow::registry
