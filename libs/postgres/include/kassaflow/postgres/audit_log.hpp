#pragma once
// An audit log (audit/chain.hpp) in the tables `audit_log` and `audit_head` of a service's schema. Rows are added one
// after the other: who adds one holds the log until his transaction ends.

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "kassaflow/audit/chain.hpp"

namespace kassaflow::postgres {

struct Audited {
  std::string action;
  std::string subject;
};
// A row each, in their order.
void append_audit(pqxx::work& work, const audit::Who& who, const std::vector<Audited>& done);
void append_audit(pqxx::work& work, const audit::Who& who, const std::string& action, const std::string& subject);

// Rows behind `number`, and the end, of one moment. Locks nothing.
[[nodiscard]] audit::Part audit_after(pqxx::work& work, std::int64_t number, int limit);

}  // namespace kassaflow::postgres
