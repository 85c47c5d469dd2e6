#include "intake.hpp"

#include "kassaflow/log/log.hpp"
#include "kassaflow/positions/continues.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::journal {

using receipts::PostVerdict;
using receipts::State;

namespace {

bool readable(const v1::ReceiptAccepted& accepted) {
  return receipts::is_uuid(accepted.receipt_id()) && receipts::is_uuid(accepted.post_id()) &&
         !accepted.pool().empty() && !accepted.tenant().empty() && !accepted.installation().empty() &&
         accepted.receipt().lines_size() > 0;
}

// Whose a record is that cannot be read; nothing when its header does not say.
std::optional<v1::ReceiptOwner> owner_of(const kafka::Record& record) {
  const auto header = record.headers.find(records::kOwnerHeader);
  v1::ReceiptOwner owner;
  if (header == record.headers.end() || !owner.ParseFromString(header->second)) return std::nullopt;
  const bool known = receipts::is_uuid(owner.receipt_id()) && receipts::is_uuid(owner.post_id());
  if (!known || owner.tenant().empty() || record.key.empty()) return std::nullopt;
  return owner;
}

// A post that was answered with a UUID stays in sight although nobody can read it (exactly-once.md 18).
void hold(Transaction& tx, const kafka::Record& record, const v1::ReceiptOwner& owner) {
  const ReceiptId id(owner.receipt_id());
  const auto known = tx.lock_receipts({id});
  NewReceipt receipt{id, owner.installation(), owner.unique_id(), record.timestamp_ms, {}};
  if (known.empty()) {
    receipt.row.state = State::held;
    receipt.row.tenant = TenantId(owner.tenant());
    receipt.row.cashbox = CashboxId(owner.cashbox());
    receipt.row.pool = PoolId(record.key);
    receipt.row.error = "Содержимое принятого чека не читается этой версией шлюза";
    tx.insert_receipts({receipt});
  }
  const auto generation = known.empty() ? receipt.row.generation : known.at(id).generation;
  tx.insert_posts({{id, owner.post_id(), "unreadable", generation, ""}});
}

void keep_unreadable(Transaction& tx, const kafka::Record& record) {
  const auto owner = owner_of(record);
  if (owner) hold(tx, record, *owner);
  tx.keep_unreadable({record.topic, record.partition, record.log, record.offset,
                      owner ? ReceiptId(owner->receipt_id()) : ReceiptId(), record.key, record.value});
}

void take_content(ReceiptRow& row, const v1::ReceiptAccepted& accepted) {
  row.digest = accepted.content_digest();
  row.digest_version = accepted.digest_version();
  row.date_create_s = accepted.date_create_s();
  row.cashbox = CashboxId(accepted.cashbox());
  row.pool = PoolId(accepted.pool());
  row.content = accepted.receipt().SerializeAsString();
  row.total_kopecks = accepted.receipt().total_kopecks();
  row.readable = true;
  row.changed = true;
}

NewReceipt first_of(const v1::ReceiptAccepted& accepted) {
  NewReceipt receipt{
      ReceiptId(accepted.receipt_id()), accepted.installation(), accepted.unique_id(), accepted.accepted_at_ms(), {}};
  receipt.row.tenant = TenantId(accepted.tenant());
  take_content(receipt.row, accepted);
  return receipt;
}

// What a post makes of a receipt that the journal knows.
PostVerdict follow_post(const v1::ReceiptAccepted& accepted, ReceiptRow& row) {
  const auto next = receipts::apply(
      row.snapshot(),
      receipts::Posted{
          .newer = accepted.date_create_s() > row.date_create_s,
          .same_content = row.digest == accepted.content_digest() && row.digest_version == accepted.digest_version(),
          .same_cashbox = row.cashbox == CashboxId(accepted.cashbox()) && row.pool == PoolId(accepted.pool())});
  row.state = next.state;
  row.changed = true;  // every post is told to readers as covered
  switch (next.verdict) {
    case PostVerdict::replaced:
      if (!row.readable) row.error.clear();  // it only said so
      take_content(row, accepted);
      break;
    case PostVerdict::reopened:
      row.generation_attempts = 0;
      ++row.generation;
      row.error.clear();
      row.hold_reason.clear();
      row.retry_by.clear();
      row.suspect = false;  // that failure was known
      take_content(row, accepted);
      break;
    case PostVerdict::conflict:
      ++row.conflicts;
      log::warn("post.conflict", {{"receipt", accepted.receipt_id()},
                                  {"post", accepted.post_id()},
                                  {"state", receipts::to_string(row.state)}});
      break;
    case PostVerdict::opened:
    case PostVerdict::repeated:
    case PostVerdict::superseded:
    case PostVerdict::late:
      break;
  }
  return next.verdict;
}

Life life_that_takes_in(Transaction& tx) {
  auto trust = tx.trust(false);
  if (trust.stage == Stage::open || trust.stage == Stage::reading_posts) return std::move(trust.life);
  throw std::runtime_error("the journal is at stage " + std::string(to_string(trust.stage)));
}

// Of a receipt that was taken back from what was published, nothing has its content but its post (exactly-once.md 17).
void bring_back(const v1::ReceiptAccepted& accepted, ReceiptRow& row) {
  if (!row.readable && row.digest == accepted.content_digest()) take_content(row, accepted);
}

void take_posts(Transaction& tx, const std::vector<v1::ReceiptAccepted>& accepted) {
  std::set<ReceiptId> ids;
  for (const auto& post : accepted) ids.emplace(post.receipt_id());
  auto known = tx.lock_receipts(ids);
  auto seen = tx.post_ids(ids);
  std::vector<NewReceipt> arrived;  // in the order of their posts, which is the order of the queue (invariant I8)
  std::map<ReceiptId, std::size_t> places;
  std::vector<NewPost> posts;
  for (const auto& post : accepted) {
    const ReceiptId id(post.receipt_id());
    const auto old = known.find(id);
    if (!seen.insert(post.post_id()).second) {
      if (old != known.end()) bring_back(post, old->second);
      continue;
    }
    const auto fresh = places.find(id);
    auto* row = old != known.end() ? &old->second : fresh != places.end() ? &arrived[fresh->second].row : nullptr;
    auto verdict = PostVerdict::opened;
    if (row != nullptr) {
      verdict = follow_post(post, *row);
    } else {
      places.emplace(id, arrived.size());
      row = &arrived.emplace_back(first_of(post)).row;
    }
    posts.push_back({id, post.post_id(), std::string(to_string(verdict)), row->generation, post.content_digest()});
  }
  tx.insert_receipts(arrived);
  tx.write_receipts(known);
  tx.insert_posts(posts);
}

Callback to_callback(const v1::RegisterCallback& callback) {
  return {RegisterId(callback.register_()), RegisterIdentity(callback.identity()), callback.attempt_key(),
          callback.remote_id(), callback.body()};
}

}  // namespace

Reading where_to_read(Transaction& tx) {
  auto life = life_that_takes_in(tx);
  return {tx.positions(), std::move(life)};
}

std::vector<kafka::Record> take_in(Transaction& tx, const Life& life, const std::vector<kafka::Record>& batch) {
  if (life_that_takes_in(tx) != life && !positions::continues(tx.positions(), batch)) {
    throw std::runtime_error("the journal lives another life, and has not come so far");
  }
  std::vector<kafka::Record> unreadable;
  std::vector<v1::ReceiptAccepted> accepted;
  std::vector<Callback> callbacks;
  for (const auto& record : batch) {
    if (record.topic == records::kCallbacksTopic) {
      v1::RegisterCallback callback;
      if (callback.ParseFromString(record.value) && !callback.identity().empty()) {
        callbacks.push_back(to_callback(callback));
      } else {
        unreadable.push_back(record);
      }
      continue;
    }
    v1::ReceiptAccepted post;
    if (post.ParseFromString(record.value) && readable(post)) {
      accepted.push_back(std::move(post));
    } else {
      unreadable.push_back(record);
    }
  }
  if (!accepted.empty()) take_posts(tx, accepted);
  if (!callbacks.empty()) tx.append_callbacks(callbacks);
  for (const auto& record : unreadable) keep_unreadable(tx, record);
  tx.store_positions(kafka::after(batch));
  return unreadable;
}

bool make_readable(Transaction& tx, const ReceiptId& id, ReceiptRow& receipt) {
  if (receipt.readable) return true;
  for (const auto& value : tx.unreadable_of(id)) {
    v1::ReceiptAccepted post;
    if (!post.ParseFromString(value) || !readable(post)) continue;
    take_content(receipt, post);
    return true;
  }
  return false;
}

}  // namespace kassaflow::fiscalizer::journal
