#include "kassaflow/rpc/audit.hpp"

#include <algorithm>

namespace kassaflow::rpc {
namespace {

constexpr std::size_t kActorLimit = 128;
constexpr std::size_t kReasonLimit = 500;

std::string bytes_of(const Sha256& hash) { return {hash.begin(), hash.end()}; }

Sha256 hash_in(const std::string& bytes) {
  Sha256 hash{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  return hash;
}

}  // namespace

grpc::Status check_said(const std::string& actor, const std::string& reason) {
  if (actor.empty() || actor.size() > kActorLimit)
    return {grpc::StatusCode::INVALID_ARGUMENT, "the audit log needs an actor of at most 128 bytes"};
  if (reason.size() > kReasonLimit)
    return {grpc::StatusCode::INVALID_ARGUMENT, "the audit log takes a reason of at most 500 bytes"};
  return grpc::Status::OK;
}

void fill(v1::ListAuditResponse& response, const audit::Part& part) {
  for (const audit::Row& row : part.rows) {
    v1::AuditRow& told = *response.add_rows();
    told.set_number(row.number);
    told.set_at_us(row.at_us);
    told.set_name(row.who.name);
    told.set_came_from(row.who.came_from);
    told.set_reason(row.who.reason);
    told.set_action(row.action);
    told.set_subject(row.subject);
    told.set_hash(bytes_of(row.hash));
  }
  response.set_head_number(part.head.number);
  response.set_head_hash(bytes_of(part.head.hash));
}

audit::Part part_of(const v1::ListAuditResponse& response) {
  audit::Part part{{}, {response.head_number(), hash_in(response.head_hash())}};
  for (const v1::AuditRow& told : response.rows()) {
    part.rows.push_back({told.number(),
                         told.at_us(),
                         {told.name(), told.came_from(), told.reason()},
                         told.action(),
                         told.subject(),
                         hash_in(told.hash())});
  }
  return part;
}

}  // namespace kassaflow::rpc
