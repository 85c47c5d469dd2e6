#include "intake.hpp"

#include <map>
#include <set>

#include "journal_rows.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::fiscalizer {

using postgres::from_bytea;
using postgres::IntArray;
using postgres::TextArray;

using receipts::PostVerdict;
using receipts::State;

namespace {

struct Row {  // a receipt while its posts are weighed
  bool is_new = false;
  bool readable = true;  // false: held, no worker could read its only record
  bool changed = false;
  State state = State::queued;
  int generation = 1;
  bool attempted = false;
  int conflicts = 0;
  CashboxId cashbox;
  PoolId pool;
  std::string digest;
  std::uint32_t digest_version = 0;
  std::int64_t date_create_s = 0;
  const v1::ReceiptAccepted* content = nullptr;  // set when the stored content is to be this post's
};

struct AcceptedPost {
  const v1::ReceiptAccepted* accepted;
  PostVerdict verdict;
  int generation;
};

bool readable(const v1::ReceiptAccepted& accepted) {
  return receipts::is_uuid(accepted.receipt_id()) && receipts::is_uuid(accepted.post_id()) &&
         !accepted.pool().empty() && !accepted.tenant().empty() && !accepted.installation().empty() &&
         accepted.receipt().lines_size() > 0;
}

std::map<ReceiptId, Row> load(pqxx::work& work, const std::set<ReceiptId>& ids) {
  TextArray list;
  for (const auto& id : ids) list.add(id.str());
  std::map<ReceiptId, Row> rows;
  for (const auto& row : work.exec_params(
           "select id, state, generation, generation_attempts, conflicts, digest, digest_version, date_create_s, "
           "content is not null, cashbox, pool "
           "from receipts where id = any($1::uuid[]) order by id for update",
           list.str())) {
    Row known;
    known.state = receipts::state_from(row[1].as<std::string>()).value();
    known.generation = row[2].as<int>();
    known.attempted = row[3].as<int>() > 0;
    known.conflicts = row[4].as<int>();
    known.digest = from_bytea(row[5].as<std::string>());
    known.digest_version = row[6].as<std::uint32_t>();
    known.date_create_s = row[7].as<std::int64_t>();
    known.readable = row[8].as<bool>();
    known.cashbox = CashboxId(row[9].as<std::string>());
    known.pool = PoolId(row[10].as<std::string>());
    rows.emplace(ReceiptId(row[0].as<std::string>()), std::move(known));
  }
  return rows;
}

std::set<std::string> known_posts(pqxx::work& work, const std::set<ReceiptId>& receipts) {
  TextArray list;
  for (const auto& id : receipts) list.add(id.str());
  std::set<std::string> known;
  for (const auto& row : work.exec_params("select post_id from posts where receipt = any($1::uuid[])", list.str())) {
    known.insert(row[0].as<std::string>());
  }
  return known;
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
void hold(pqxx::work& work, const kafka::Record& record, const v1::ReceiptOwner& owner) {
  work.exec_params(
      "insert into receipts (id, tenant, installation, cashbox, unique_id, pool, shard, state, position, digest, "
      "digest_version, date_create_s, total_kopecks, accepted_at, error) values ($1, $2, $3, $4, $5, $6, $7, 'held', "
      "nextval('journal_sequence'), '', 0, 0, 0, to_timestamp($8::bigint / 1000.0), $9) on conflict (id) do nothing",
      owner.receipt_id(), owner.tenant(), owner.installation(), owner.cashbox(), owner.unique_id(), record.key,
      receipts::shard_of(PoolId(record.key)), record.timestamp_ms,
      "Содержимое принятого чека не читается этой версией шлюза");
  work.exec_params(
      "insert into posts (receipt, post_id, verdict, generation, digest) select id, $2, 'unreadable', generation, '' "
      "from receipts where id = $1 on conflict do nothing",
      owner.receipt_id(), owner.post_id());
}

void keep_unreadable(pqxx::work& work, const kafka::Record& record) {
  const auto owner = owner_of(record);
  if (owner) hold(work, record, *owner);
  TextArray raw;
  raw.add_bytes(record.key);
  raw.add_bytes(record.value);
  work.exec_params(
      "insert into unreadable (topic, partition, record_offset, receipt, key, value) "
      "values ($1, $2, $3, nullif($4, '')::uuid, ($5::bytea[])[1], ($5::bytea[])[2]) on conflict do nothing",
      record.topic, record.partition, record.offset, owner ? owner->receipt_id() : std::string(), raw.str());
}

void take_content(Row& row, const v1::ReceiptAccepted& accepted) {
  row.digest = accepted.content_digest();
  row.digest_version = accepted.digest_version();
  row.date_create_s = accepted.date_create_s();
  row.cashbox = CashboxId(accepted.cashbox());
  row.pool = PoolId(accepted.pool());
  row.content = &accepted;
}

// Weighs one post against what the journal knows and applies the verdict to the row.
PostVerdict weigh(std::map<ReceiptId, Row>& rows, const v1::ReceiptAccepted& accepted) {
  const ReceiptId receipt(accepted.receipt_id());
  const auto found = rows.find(receipt);
  std::optional<receipts::JournalEntry> known;
  if (found != rows.end()) {
    const auto& row = found->second;
    known = {row.state,
             row.attempted,
             row.digest == accepted.content_digest() && row.digest_version == accepted.digest_version(),
             row.date_create_s,
             row.readable,
             row.cashbox == CashboxId(accepted.cashbox()) && row.pool == PoolId(accepted.pool())};
  }
  const auto verdict = receipts::on_post(known, accepted.date_create_s());
  auto& row = rows[receipt];
  row.changed = true;  // every post is told to readers as covered
  switch (verdict) {
    case PostVerdict::opened:
      row.is_new = true;
      take_content(row, accepted);
      break;
    case PostVerdict::replaced:
      if (!row.readable) row.state = State::queued;  // held only because nobody could read it
      row.readable = true;
      take_content(row, accepted);
      break;
    case PostVerdict::reopened:
      row.state = State::queued;
      row.attempted = false;
      ++row.generation;
      take_content(row, accepted);
      break;
    case PostVerdict::conflict:
      ++row.conflicts;
      log::warn("post.conflict", {{"receipt", accepted.receipt_id()},
                                  {"post", accepted.post_id()},
                                  {"state", receipts::to_string(row.state)}});
      break;
    case PostVerdict::repeated:
    case PostVerdict::superseded:
    case PostVerdict::late:
      break;
  }
  return verdict;
}

// `arrived`: ids in the order of their posts, which is the order of the queue (invariant I8).
void insert_receipts(pqxx::work& work, const std::map<ReceiptId, Row>& rows, const std::vector<ReceiptId>& arrived) {
  TextArray ids, tenants, installations, cashboxes, unique_ids, pools, digests, contents;
  IntArray shards, versions, dates, totals, accepted, conflicts;
  for (const auto& id : arrived) {
    const auto& row = rows.at(id);
    const auto& post = *row.content;
    ids.add(id.str());
    tenants.add(post.tenant());
    installations.add(post.installation());
    cashboxes.add(post.cashbox());
    unique_ids.add(post.unique_id());
    pools.add(post.pool());
    shards.add(receipts::shard_of(row.pool));
    digests.add_bytes(row.digest);
    versions.add(row.digest_version);
    dates.add(row.date_create_s);
    contents.add_bytes(post.receipt().SerializeAsString());
    totals.add(post.receipt().total_kopecks());
    accepted.add(post.accepted_at_ms());
    conflicts.add(row.conflicts);
  }
  if (arrived.empty()) return;
  const auto inserted = work.exec_params(
      "insert into receipts (id, tenant, installation, cashbox, unique_id, pool, shard, state, position, digest, "
      "digest_version, date_create_s, "
      "content, total_kopecks, accepted_at, conflicts) "
      "select id, tenant, installation, cashbox, unique_id, pool, shard, 'queued', nextval('journal_sequence'), "
      "digest, version, date_s, content, "
      "total, to_timestamp(accepted_ms / 1000.0), conflicts "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bytea[], "
      "$9::int[], $10::bigint[], "
      "$11::bytea[], $12::bigint[], $13::bigint[], $14::int[]) "
      "as n(id, tenant, installation, cashbox, unique_id, pool, shard, digest, version, date_s, content, total, "
      "accepted_ms, conflicts) "
      "on conflict (id) do nothing returning id",
      ids.str(), tenants.str(), installations.str(), cashboxes.str(), unique_ids.str(), pools.str(), shards.str(),
      digests.str(), versions.str(), dates.str(), contents.str(), totals.str(), accepted.str(), conflicts.str());
  // Another worker took the same receipt in between our look and our insert: look again.
  if (inserted.size() != arrived.size()) throw std::runtime_error("intake: a receipt appeared meanwhile");
}

// What a person holds stays held, also when its record can be read at last; a print again is a new beginning.
void update_receipts(pqxx::work& work, const std::map<ReceiptId, Row>& rows) {
  TextArray ids, states, digests, contents, cashboxes, pools;
  IntArray generations, versions, dates, totals, conflicts, shards;
  for (const auto& [id, row] : rows) {
    if (row.is_new || !row.changed) continue;
    ids.add(id.str());
    states.add(receipts::to_string(row.state));
    generations.add(row.generation);
    digests.add_bytes(row.digest);
    versions.add(row.digest_version);
    dates.add(row.date_create_s);
    row.content ? contents.add_bytes(row.content->receipt().SerializeAsString()) : contents.add_null();
    totals.add(row.content ? row.content->receipt().total_kopecks() : 0);
    conflicts.add(row.conflicts);
    cashboxes.add(row.cashbox.str());
    pools.add(row.pool.str());
    shards.add(receipts::shard_of(row.pool));
  }
  static const std::string kUpdate =
      "update receipts r set cashbox = n.cashbox, pool = n.pool, shard = n.shard, "
      "state = case when n.state = 'queued' and n.generation = r.generation and r.hold_reason <> '' then 'held' else "
      "n.state end, generation = n.generation, digest = n.digest, digest_version = "
      "n.version, date_create_s = n.date_s, "
      "generation_attempts = case when n.generation > r.generation then 0 else r.generation_attempts end, "
      "error = case when n.generation > r.generation or n.state <> r.state then '' else r.error end, "
      "finished_at = case when n.state in (" +
      sql::states_in(receipts::Phase::ended) +
      ") then r.finished_at end, "
      "hold_reason = case when n.generation > r.generation then '' else r.hold_reason end, "
      "retry_by = case when n.generation > r.generation then '' else r.retry_by end, "
      "content = coalesce(n.content, r.content), total_kopecks = case when n.content is null then r.total_kopecks else "
      "n.total end, "
      "conflicts = n.conflicts, revision = r.revision + 1, sequence = nextval('journal_sequence'), changed_at = now() "
      "from unnest($1::uuid[], $2::text[], $3::int[], $4::bytea[], $5::int[], $6::bigint[], $7::bytea[], $8::bigint[], "
      "$9::int[], $10::text[], $11::text[], $12::int[]) "
      "as n(id, state, generation, digest, version, date_s, content, total, conflicts, cashbox, pool, shard) "
      "where r.id = n.id";
  work.exec_params(kUpdate, ids.str(), states.str(), generations.str(), digests.str(), versions.str(), dates.str(),
                   contents.str(), totals.str(), conflicts.str(), cashboxes.str(), pools.str(), shards.str());
}

void insert_posts(pqxx::work& work, const std::vector<AcceptedPost>& posts) {
  TextArray receipts_, ids, verdicts, digests;
  IntArray generations;
  for (const auto& post : posts) {
    receipts_.add(post.accepted->receipt_id());
    ids.add(post.accepted->post_id());
    verdicts.add(receipts::to_string(post.verdict));
    generations.add(post.generation);
    digests.add_bytes(post.accepted->content_digest());
  }
  work.exec_params(
      "insert into posts (receipt, post_id, verdict, generation, digest) select * from unnest($1::uuid[], $2::uuid[], "
      "$3::text[], $4::int[], $5::bytea[])",
      receipts_.str(), ids.str(), verdicts.str(), generations.str(), digests.str());
}

void insert_callbacks(pqxx::work& work, const std::vector<v1::RegisterCallback>& callbacks) {
  TextArray registers, bodies;
  IntArray shards;
  for (const auto& callback : callbacks) {
    registers.add(callback.register_());
    shards.add(receipts::shard_of(PoolId(callback.pool())));
    bodies.add_bytes(callback.body());
  }
  work.exec_params(
      "insert into callbacks (register, shard, body) select * from unnest($1::text[], $2::int[], $3::bytea[])",
      registers.str(), shards.str(), bodies.str());
}

}  // namespace

std::vector<kafka::Record> take_in(pqxx::work& work, const std::vector<kafka::Record>& batch) {
  std::vector<kafka::Record> unreadable;
  std::vector<v1::ReceiptAccepted> accepted;
  std::vector<v1::RegisterCallback> callbacks;
  std::set<ReceiptId> ids;
  for (const auto& record : batch) {
    if (record.topic == records::kCallbacksTopic) {
      v1::RegisterCallback callback;
      if (callback.ParseFromString(record.value)) {
        callbacks.push_back(std::move(callback));
      } else {
        unreadable.push_back(record);
      }
      continue;
    }
    v1::ReceiptAccepted post;
    if (post.ParseFromString(record.value) && readable(post)) {
      ids.emplace(post.receipt_id());
      accepted.push_back(std::move(post));
    } else {
      unreadable.push_back(record);
    }
  }

  if (!accepted.empty()) {
    auto rows = load(work, ids);
    auto seen = known_posts(work, ids);
    std::vector<AcceptedPost> posts;
    std::vector<ReceiptId> arrived;
    for (const auto& post : accepted) {
      if (!seen.insert(post.post_id()).second) continue;
      const ReceiptId receipt(post.receipt_id());
      const auto verdict = weigh(rows, post);
      if (verdict == PostVerdict::opened) arrived.push_back(receipt);
      posts.push_back({&post, verdict, rows.at(receipt).generation});
    }
    insert_receipts(work, rows, arrived);
    update_receipts(work, rows);
    insert_posts(work, posts);
  }
  if (!callbacks.empty()) insert_callbacks(work, callbacks);
  for (const auto& record : unreadable) keep_unreadable(work, record);
  positions::store(work, batch);
  return unreadable;
}

bool content_is_readable(pqxx::work& work, const ReceiptId& receipt) {
  const auto known = work.exec_params("select content is not null from receipts where id = $1::uuid", receipt.str());
  if (!known.empty() && known[0][0].as<bool>()) return true;
  for (const auto& row : work.exec_params(
           "select value from unreadable where receipt = $1::uuid order by taken_in_at desc", receipt.str())) {
    v1::ReceiptAccepted post;
    if (!post.ParseFromString(from_bytea(row[0].as<std::string>())) || !readable(post)) continue;
    Row content;
    take_content(content, post);
    content.state = State::held;
    content.changed = true;
    update_receipts(work, {{receipt, content}});
    return true;
  }
  return false;
}

}  // namespace kassaflow::fiscalizer
