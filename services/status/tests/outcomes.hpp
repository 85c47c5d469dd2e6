#pragma once
// Records as they come from ingress and from the journal.

#include <cstdio>
#include <string>

#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::status {

inline constexpr std::int64_t kFinished_ms = 1795435830000;

inline std::string uuid(int n) {
  char text[37];
  std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", n);
  return text;
}

// Whom a receipt of acme-main is told.
inline configuration::Installation portal_of(const std::string& tenant) {
  configuration::Installation portal;
  portal.id = InstallationId(tenant + "-main");
  portal.tenant = TenantId(tenant);
  return portal;
}

inline ReceiptId receipt_id(int n) { return ReceiptId(uuid(n)); }

// Of installation acme-main; receipt n has the posts 1000·n + 1, ….
inline v1::ReceiptOutcome outcome(int receipt, std::uint64_t revision, v1::ReceiptState state,
                                  std::uint32_t generation = 1) {
  v1::ReceiptOutcome record;
  record.set_receipt_id(uuid(receipt));
  record.set_revision(revision);
  record.set_state(state);
  record.set_generation(generation);
  record.set_tenant("acme");
  record.set_installation("acme-main");
  record.set_pool("acme-shop");
  record.set_accepted_at_ms(1795435820000);
  record.set_changed_at_ms(1795435899000);
  record.set_content_digest("digest");
  record.set_digest_version(3);
  if (state == v1::RECEIPT_STATE_FAILED) record.set_error("Нет бумаги");
  if (state == v1::RECEIPT_STATE_FAILED || state == v1::RECEIPT_STATE_DONE) record.set_finished_at_ms(kFinished_ms);
  if (state == v1::RECEIPT_STATE_DONE) {
    record.mutable_fiscal()->set_fn("7380440800000001");
    record.mutable_fiscal()->set_fd(12345);
    record.mutable_fiscal()->set_fp("0345678901");
  }
  return record;
}

inline kafka::Record record_of(const v1::ReceiptOutcome& outcome, std::int64_t offset = 0) {
  kafka::Record record;
  record.topic = "kassaflow.outcomes";
  record.offset = offset;
  record.key = outcome.receipt_id();
  record.value = outcome.SerializeAsString();
  return record;
}

inline kafka::Record post_of(int receipt, int post, std::int64_t offset = 0) {
  v1::ReceiptAccepted accepted;
  accepted.set_receipt_id(uuid(receipt));
  accepted.set_post_id(uuid(1000 * receipt + post));
  accepted.set_tenant("acme");
  accepted.set_installation("acme-main");
  accepted.set_pool("acme-shop");
  accepted.set_accepted_at_ms(1795435820000);
  accepted.mutable_receipt()->add_lines()->set_name("Чай");
  kafka::Record record;
  record.topic = "kassaflow.receipts";
  record.offset = offset;
  record.value = accepted.SerializeAsString();
  return record;
}

}  // namespace kassaflow::status
