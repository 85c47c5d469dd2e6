#pragma once
// A journal and a view that have been at work for long: receipts that ended, each with its post, attempt, evidence and
// document, of 1,000 tenants, the first of which has a quarter of all. A few are queued, uncertain, held and unsettled.

#include <cstdint>
#include <string>

#include "session.hpp"

namespace kassaflow::statements {

inline constexpr int kPools = 2000;  // with a register each; pool n is of tenant n % 1000

// KASSAFLOW_HISTORY, or 200,000.
[[nodiscard]] std::int64_t history_size();
// Writes it into the schemas `fiscalizer` and `status`, and has the planner look at it. Not the way a service writes.
void write_history(const std::string& uri, std::int64_t receipts);

// Of receipt n of the history, from 1.
[[nodiscard]] std::string history_id(postgres_testing::Session& session, std::int64_t n);
[[nodiscard]] std::string storage_of(int pool);  // FN of its register
[[nodiscard]] std::string identity_of(int pool);
[[nodiscard]] std::string tenant_of(int pool);

}  // namespace kassaflow::statements
