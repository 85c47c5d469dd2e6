#include "intake.hpp"

#include <algorithm>

#include "kassaflow/configuration/ownership.hpp"
#include "kassaflow/documents/documents.hpp"
#include "kassaflow/fiscal/text.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/positions/continues.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/records/read.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer::journal {

using configuration::Named;
using configuration::Snapshot;
using kafka::SetAside;
using kafka::Why;
using postgres::Handling;
using receipts::PostVerdict;
using receipts::State;

namespace {

constexpr std::size_t kDetailLimit = 300;  // characters

// What a record makes of the journal, with the record.
struct Post {
  v1::ReceiptAccepted accepted;
  const kafka::Record* record;
};
struct CallbackRecord {
  Callback callback;
  const kafka::Record* record;
};
struct Sorted {
  std::vector<Post> posts;
  std::vector<CallbackRecord> callbacks;
  std::vector<SetAside> aside;

  void set_aside(const kafka::Record& record, Why why, std::string detail) {
    aside.push_back({record, why, std::move(detail)});
  }
};

// --- reading ---

// False: it is set aside.
template <class Message>
bool read_into(Message& message, const kafka::Record& record, Sorted& sorted) {
  const auto read = records::read(record.value, message);
  if (read) return true;
  const bool limits = read.error().code == records::kOutOfLimits;
  sorted.set_aside(record, limits ? Why::out_of_limits : Why::unreadable, read.error().message);
  return false;
}

std::string of_tenant(const std::string& what, const TenantId& tenant) {
  return what + " is of tenant " + tenant.str();
}

// `what` the record is about, for people.
bool is_foreign(const Snapshot& configuration, const Named& named, const std::string& what, const kafka::Record& record,
                Sorted& sorted) {
  const auto why = configuration::contradiction(configuration, named);
  if (why.empty()) return false;
  sorted.set_aside(record, Why::foreign, of_tenant(what, named.tenant) + ", and " + why);
  return true;
}

void sort_post(const Snapshot& configuration, const kafka::Record& record, Sorted& sorted) {
  v1::ReceiptAccepted post;
  if (!read_into(post, record, sorted)) return;
  const Named named{TenantId(post.tenant()), InstallationId(post.installation()), PoolId(post.pool())};
  if (is_foreign(configuration, named, "the post of receipt " + post.receipt_id(), record, sorted)) return;
  sorted.posts.push_back({std::move(post), &record});
}

void sort_callback(const Snapshot& configuration, const kafka::Record& record, Sorted& sorted) {
  v1::RegisterCallback told;
  if (!read_into(told, record, sorted)) return;
  Callback callback{TenantId(told.tenant()),
                    RegisterId(told.register_()),
                    RegisterIdentity(told.identity()),
                    told.attempt_key(),
                    told.remote_id(),
                    told.body()};
  const Named named{callback.tenant, {}, PoolId(told.pool()), callback.register_id, callback.identity};
  if (is_foreign(configuration, named, "the callback", record, sorted)) return;
  sorted.callbacks.push_back({std::move(callback), &record});
}

Sorted sort(const Snapshot& configuration, const postgres::Portion<kafka::Record>& portion) {
  Sorted sorted;
  for (const auto& record : portion.items) {
    if (portion.handling != Handling::take_in) {
      sorted.set_aside(record, Why::refused, std::string(fiscal::cut(portion.refusal, kDetailLimit)));
    } else if (record.topic == records::kCallbacksTopic) {
      sort_callback(configuration, record, sorted);
    } else {
      sort_post(configuration, record, sorted);
    }
  }
  return sorted;
}

// --- posts ---

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
  NewReceipt receipt{ReceiptId(accepted.receipt_id()), accepted.unique_id(), accepted.accepted_at_ms(), {}};
  receipt.row.tenant = TenantId(accepted.tenant());
  receipt.row.installation = InstallationId(accepted.installation());
  take_content(receipt.row, accepted);
  return receipt;
}

// `message` says whose a receipt is: a post, or the header of one.
template <class Message>
bool owns(const ReceiptRow& row, const Message& message) {
  return row.tenant.str() == message.tenant() && row.installation.str() == message.installation();
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

Trust trust_that_takes_in(Transaction& tx) {
  auto trust = tx.trust(false);
  if (trust.stage == Stage::open || trust.stage == Stage::reading_posts) return trust;
  throw std::runtime_error("the journal is at stage " + std::string(to_string(trust.stage)));
}

// Of a receipt that was taken back from what was published, nothing has its content but its post (exactly-once.md 17).
void bring_back(const v1::ReceiptAccepted& accepted, ReceiptRow& row) {
  if (!row.readable && row.digest == accepted.content_digest()) take_content(row, accepted);
}

// `again`: posts that a life may have known that is lost. Any receipt of theirs may have been attempted then.
void take_posts(Transaction& tx, Sorted& sorted, bool again) {
  if (sorted.posts.empty()) return;
  std::set<ReceiptId> ids;
  for (const auto& post : sorted.posts) ids.emplace(post.accepted.receipt_id());
  auto known = tx.lock_receipts(ids);
  auto seen = tx.post_ids(ids);
  std::vector<NewReceipt> arrived;  // in the order of their posts, which is the order of the queue (invariant I8)
  std::map<ReceiptId, std::size_t> places;
  std::vector<NewPost> posts;
  for (const auto& [post, record] : sorted.posts) {
    const ReceiptId id(post.receipt_id());
    const auto old = known.find(id);
    const auto fresh = places.find(id);
    auto* row = old != known.end() ? &old->second : fresh != places.end() ? &arrived[fresh->second].row : nullptr;
    if (row != nullptr && !owns(*row, post)) {
      sorted.set_aside(*record, Why::foreign,
                       of_tenant("the post", TenantId(post.tenant())) + " and installation " + post.installation() +
                           ", and " + of_tenant("its receipt " + id.str(), row->tenant) + " and installation " +
                           row->installation.str());
      continue;
    }
    if (!seen.insert(post.post_id()).second) {
      if (old != known.end()) bring_back(post, old->second);
      continue;
    }
    auto verdict = PostVerdict::opened;
    if (row != nullptr) {
      row->suspect = row->suspect || again;
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

// --- callbacks ---

void take_callbacks(Transaction& tx, Sorted& sorted) {
  if (sorted.callbacks.empty()) return;
  std::vector<Callback> callbacks;
  for (const auto& one : sorted.callbacks) callbacks.push_back(one.callback);
  const auto named = tx.named_by(callbacks);
  std::vector<std::pair<std::int64_t, Callback>> evidence;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const auto& tenant = callbacks[i].tenant;
    const auto foreign = std::ranges::find_if(
        named[i], [&](const auto& attempt) { return !attempt.tenant.empty() && attempt.tenant != tenant; });
    if (foreign != named[i].end()) {
      sorted.set_aside(*sorted.callbacks[i].record, Why::foreign,
                       of_tenant("the callback", tenant) + ", and " + of_tenant("its attempt", foreign->tenant));
      continue;
    }
    for (const auto& attempt : named[i]) evidence.emplace_back(attempt.attempt, callbacks[i]);
  }
  if (!evidence.empty()) tx.append_callbacks(evidence);
}

// --- what is set aside ---

// Whose a post is that is not taken in, by its header; nothing when that does not say, or contradicts itself.
std::optional<v1::ReceiptOwner> owner_of(const kafka::Record& record, const Snapshot& configuration) {
  const auto header = record.headers.find(records::kOwnerHeader);
  v1::ReceiptOwner owner;
  if (header == record.headers.end() || !records::read(header->second, owner)) return std::nullopt;
  const Named named{TenantId(owner.tenant()), InstallationId(owner.installation()), PoolId(record.key)};
  if (!documents::is_id(record.key) || !configuration::contradiction(configuration, named).empty()) return std::nullopt;
  return owner;
}

std::string held_because(Why why) {
  if (why == Why::unreadable) return "Содержимое принятого чека не читается этой версией шлюза";
  return "Принятый чек отложен: журнал шлюза не может его хранить";
}

// A post that was answered with a UUID stays in sight although it is not taken in (exactly-once.md 18). False: its
// receipt is another's.
bool hold(Transaction& tx, const SetAside& aside, const v1::ReceiptOwner& owner) {
  const ReceiptId id(owner.receipt_id());
  auto known = tx.lock_receipts({id});
  if (!known.empty() && !owns(known.at(id), owner)) return false;
  const auto accepted_at_ms = aside.record.timestamp_ms;
  const bool is_time = 0 <= accepted_at_ms && accepted_at_ms <= records::kLatest_ms;
  NewReceipt receipt{id, owner.unique_id(), is_time ? accepted_at_ms : tx.now_ms(), {}};
  for (auto& [same, row] : known) row.changed = true;  // the post is told to readers as covered
  tx.write_receipts(known);
  if (known.empty()) {
    receipt.row.state = State::held;
    receipt.row.tenant = TenantId(owner.tenant());
    receipt.row.installation = InstallationId(owner.installation());
    receipt.row.cashbox = CashboxId(owner.cashbox());
    receipt.row.pool = PoolId(aside.record.key);
    receipt.row.error = held_because(aside.why);
    tx.insert_receipts({receipt});
  }
  const auto generation = known.empty() ? receipt.row.generation : known.at(id).generation;
  tx.insert_posts({{id, owner.post_id(), std::string(kafka::to_string(aside.why)), generation, ""}});
  return true;
}

void keep(Transaction& tx, const SetAside& aside, Handling handling, const Snapshot& configuration) {
  const auto& record = aside.record;
  ReceiptId receipt;
  if (handling != Handling::keep_bare && aside.why != Why::foreign) {
    const auto owner = owner_of(record, configuration);
    if (owner && hold(tx, aside, *owner)) receipt = ReceiptId(owner->receipt_id());
  }
  tx.keep_record({record.topic, record.partition, record.log, record.offset, receipt, record.key, record.value,
                  std::string(kafka::to_string(aside.why)), aside.detail});
}

}  // namespace

Reading where_to_read(Transaction& tx) {
  auto trust = trust_that_takes_in(tx);
  return {tx.positions(), std::move(trust.life)};
}

std::vector<SetAside> take_in(Transaction& tx, const Life& life, const Snapshot& configuration,
                              const postgres::Portion<kafka::Record>& portion) {
  const auto trust = trust_that_takes_in(tx);
  if (trust.life != life && !positions::continues(tx.positions(), portion.items)) {
    throw std::runtime_error("the journal lives another life, and has not come so far");
  }
  auto sorted = sort(configuration, portion);
  take_posts(tx, sorted, trust.stage == Stage::reading_posts);
  take_callbacks(tx, sorted);
  for (const auto& aside : sorted.aside) keep(tx, aside, portion.handling, configuration);
  tx.store_positions(kafka::after(portion.items));
  return std::move(sorted.aside);
}

bool make_readable(Transaction& tx, const ReceiptId& id, ReceiptRow& receipt) {
  if (receipt.readable) return true;
  for (const auto& value : tx.kept_of(id)) {
    v1::ReceiptAccepted post;
    if (!records::read(value, post) || post.receipt_id() != id.str() || !owns(receipt, post)) continue;
    take_content(receipt, post);
    return true;
  }
  return false;
}

}  // namespace kassaflow::fiscalizer::journal
