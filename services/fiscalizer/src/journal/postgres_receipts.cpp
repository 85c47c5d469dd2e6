#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/audit_log.hpp"
#include "kassaflow/receipts/id.hpp"
#include "postgres_transaction.hpp"

namespace kassaflow::fiscalizer::journal {

using postgres::IntArray;
using postgres::TextArray;

namespace {

template <class Ids>
std::string list_of(const Ids& ids) {
  TextArray list;
  for (const auto& id : ids) list.add(id.str());
  return list.str();
}
std::string list_of(const std::vector<int>& numbers) {
  IntArray list;
  for (const int number : numbers) list.add(number);
  return list.str();
}

ReceiptRow receipt_from(const pqxx::row& row) {
  ReceiptRow receipt;
  receipt.state = receipt.before = receipts::state_from(row["state"].as<std::string>()).value();
  receipt.revision = row["revision"].as<std::int64_t>();
  receipt.generation = row["generation"].as<std::uint32_t>();
  receipt.attempts = row["attempts"].as<std::uint32_t>();
  receipt.generation_attempts = row["generation_attempts"].as<std::uint32_t>();
  receipt.conflicts = row["conflicts"].as<std::uint32_t>();
  receipt.error = row["error"].as<std::string>();
  receipt.hold_reason = row["hold_reason"].as<std::string>();
  receipt.retry_by = row["retry_by"].as<std::string>();
  receipt.suspect = row["suspect"].as<bool>();
  receipt.tenant = TenantId(row["tenant"].as<std::string>());
  receipt.installation = InstallationId(row["installation"].as<std::string>());
  receipt.cashbox = CashboxId(row["cashbox"].as<std::string>());
  receipt.pool = PoolId(row["pool"].as<std::string>());
  receipt.digest = bytes(row["digest"]);
  receipt.digest_version = row["digest_version"].as<std::uint32_t>();
  receipt.date_create_s = row["date_create_s"].as<std::int64_t>();
  receipt.readable = row["readable"].as<bool>();
  receipt.age_s = row["age_s"].as<double>();
  return receipt;
}

constexpr const char* kWishes =
    "select id, revision, tenant, installation from receipts where retry_by <> '' and state = 'failed' ";

std::vector<Wish> wishes_from(const pqxx::result& rows) {
  std::vector<Wish> found;
  for (const auto& row : rows) {
    found.push_back({ReceiptId(row["id"].as<std::string>()), row["revision"].as<std::int64_t>(),
                     TenantId(row["tenant"].as<std::string>()), InstallationId(row["installation"].as<std::string>())});
  }
  return found;
}

}  // namespace

Receipts PostgresTransaction::lock_receipts(const std::set<ReceiptId>& ids) {
  Receipts receipts;
  if (ids.empty()) return receipts;
  for (const auto& row : work_.exec_params(
           "select id, state, revision, generation, attempts, generation_attempts, conflicts, error, hold_reason, "
           "retry_by, suspect, tenant, installation, cashbox, pool, digest, digest_version, date_create_s, content is "
           "not null as "
           "readable, "
           "extract(epoch from now() - accepted_at) as age_s from receipts where id = any($1::uuid[]) order by id for "
           "update",
           list_of(ids))) {
    receipts.emplace(ReceiptId(row["id"].as<std::string>()), receipt_from(row));
  }
  return receipts;
}

void PostgresTransaction::insert_receipts(const std::vector<NewReceipt>& receipts) {
  if (receipts.empty()) return;
  TextArray ids, states, errors, tenants, installations, cashboxes, unique_ids, pools, digests, contents;
  IntArray shards, versions, dates, totals, accepted, conflicts;
  for (const auto& [id, unique_id, accepted_at_ms, row] : receipts) {
    ids.add(id.str());
    states.add(to_string(row.state));
    errors.add(row.error);
    tenants.add(row.tenant.str());
    installations.add(row.installation.str());
    cashboxes.add(row.cashbox.str());
    unique_ids.add(unique_id);
    pools.add(row.pool.str());
    shards.add(receipts::shard_of(row.pool));
    digests.add_bytes(row.digest);
    versions.add(row.digest_version);
    dates.add(row.date_create_s);
    row.content ? contents.add_bytes(*row.content) : contents.add_null();
    totals.add(row.total_kopecks);
    accepted.add(accepted_at_ms);
    conflicts.add(row.conflicts);
  }
  const auto inserted = work_.exec_params(
      "insert into receipts (id, state, error, tenant, installation, cashbox, unique_id, pool, shard, position, "
      "digest, digest_version, date_create_s, content, total_kopecks, accepted_at, conflicts) "
      "select id, state, error, tenant, installation, cashbox, unique_id, pool, shard, nextval('journal_sequence'), "
      "digest, version, date_s, content, total, to_timestamp(accepted_ms / 1000.0), conflicts "
      "from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], "
      "$9::int[], $10::bytea[], $11::int[], $12::bigint[], $13::bytea[], $14::bigint[], $15::bigint[], $16::int[]) "
      "as n(id, state, error, tenant, installation, cashbox, unique_id, pool, shard, digest, version, date_s, "
      "content, total, accepted_ms, conflicts) on conflict (id) do nothing returning id",
      ids.str(), states.str(), errors.str(), tenants.str(), installations.str(), cashboxes.str(), unique_ids.str(),
      pools.str(), shards.str(), digests.str(), versions.str(), dates.str(), contents.str(), totals.str(),
      accepted.str(), conflicts.str());
  // Another worker took the same receipt in between our look and our insert: look again.
  if (inserted.size() != receipts.size()) throw std::runtime_error("intake: a receipt appeared meanwhile");
}

void PostgresTransaction::write_receipts(const Receipts& receipts) {
  TextArray ids, states, errors, hold_reasons, retriers, cashboxes, pools, digests, contents, fiscals;
  IntArray generations, attempts, generation_attempts, conflicts, shards, versions, dates, totals, rests, suspects;
  IntArray told_revisions, finished;
  bool any = false;
  for (const auto& [id, row] : receipts) {
    if (!row.changed) continue;
    any = true;
    ids.add(id.str());
    states.add(to_string(row.state));
    generations.add(row.generation);
    attempts.add(row.attempts);
    generation_attempts.add(row.generation_attempts);
    conflicts.add(row.conflicts);
    errors.add(row.error);
    hold_reasons.add(row.hold_reason);
    retriers.add(row.retry_by);
    cashboxes.add(row.cashbox.str());
    pools.add(row.pool.str());
    shards.add(receipts::shard_of(row.pool));
    digests.add_bytes(row.digest);
    versions.add(row.digest_version);
    dates.add(row.date_create_s);
    row.content ? contents.add_bytes(*row.content) : contents.add_null();
    totals.add(row.total_kopecks);
    row.fiscal.empty() ? fiscals.add_null() : fiscals.add_bytes(row.fiscal);
    rests.add(row.rest_ms);
    suspects.add(row.suspect ? 1 : 0);
    told_revisions.add(row.told_revision);
    finished.add(row.finished_at_ms);
  }
  if (!any) return;
  static const std::string kUpdate =
      "update receipts r set state = c.state, generation = c.generation, attempts = c.attempts, generation_attempts = "
      "c.generation_attempts, conflicts = c.conflicts, error = c.error, hold_reason = c.hold_reason, retry_by = "
      "c.retry_by, cashbox = c.cashbox, pool = c.pool, shard = c.shard, digest = c.digest, digest_version = c.version, "
      "date_create_s = c.date_s, content = coalesce(c.content, r.content), total_kopecks = case when c.content is null "
      "then r.total_kopecks else c.total end, fiscal = coalesce(c.fiscal, r.fiscal), suspect = c.suspect <> 0, "
      "finished_at = case when c.state not in (" +
      states_in(receipts::Phase::ended) +
      ") then null when c.finished_ms > 0 then to_timestamp(c.finished_ms / 1000.0) when r.state = c.state then "
      "r.finished_at else now() end, not_before = case when c.rest_ms > 0 then "
      "greatest(r.not_before, now() + make_interval(secs => c.rest_ms / 1000.0)) else r.not_before end, "
      "revision = case when c.told > 0 then c.told else r.revision + 1 end, published_revision = greatest("
      "r.published_revision, c.told), sequence = nextval('journal_sequence'), changed_at = now() "
      "from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], "
      "$9::text[], $10::text[], $11::text[], $12::int[], $13::bytea[], $14::int[], $15::bigint[], $16::bytea[], "
      "$17::bigint[], $18::bytea[], $19::bigint[], $20::int[], $21::bigint[], $22::bigint[]) as c(id, state, "
      "generation, attempts, generation_attempts, "
      "conflicts, error, hold_reason, retry_by, cashbox, pool, shard, digest, version, date_s, content, total, fiscal, "
      "rest_ms, suspect, told, finished_ms) where r.id = c.id";
  work_.exec_params(kUpdate, ids.str(), states.str(), generations.str(), attempts.str(), generation_attempts.str(),
                    conflicts.str(), errors.str(), hold_reasons.str(), retriers.str(), cashboxes.str(), pools.str(),
                    shards.str(), digests.str(), versions.str(), dates.str(), contents.str(), totals.str(),
                    fiscals.str(), rests.str(), suspects.str(), told_revisions.str(), finished.str());
}

std::int64_t PostgresTransaction::suspect_all() {
  static const std::string kFailed = "'" + std::string(receipts::to_string(receipts::State::failed)) + "'";
  static const std::string kMark =
      "with marked as (update receipts set suspect = true, revision = revision + (state <> " + kFailed +
      ")::int, sequence = nextval('journal_sequence') where state <> '" +
      std::string(receipts::to_string(receipts::State::done)) +
      "' returning state) select count(*) filter (where state <> " + kFailed + ") from marked";
  return work_.exec1(kMark)[0].as<std::int64_t>();
}

std::map<ReceiptId, KnownReceipt> PostgresTransaction::known_receipts(const std::set<ReceiptId>& ids) {
  std::map<ReceiptId, KnownReceipt> known;
  for (const auto& row : work_.exec_params(
           "select id, tenant, installation, revision from receipts where id = any($1::uuid[])", list_of(ids))) {
    known.emplace(
        ReceiptId(row["id"].as<std::string>()),
        KnownReceipt{TenantId(row["tenant"].as<std::string>()), InstallationId(row["installation"].as<std::string>()),
                     row["revision"].as<std::int64_t>()});
  }
  return known;
}

std::set<ReceiptId> PostgresTransaction::ended_before(std::int64_t age_ms, int limit) {
  std::set<ReceiptId> ended;
  for (const auto& row :
       work_.exec_params("select id from receipts r where content is not null and state in ('done', 'failed') "
                         "and changed_at < now() - make_interval(secs => $1::bigint / 1000.0) "
                         "and not exists (select from attempts a where a.receipt = r.id and (a.outcome is null or "
                         "(a.outcome = 'unknown' and a.question is distinct from 'settled') or "
                         "exists (select from evidence e where e.attempt = a.id and not e.decided))) "
                         "order by changed_at limit $2 for update skip locked",
                         age_ms, limit)) {
    ended.emplace(row["id"].as<std::string>());
  }
  return ended;
}

void PostgresTransaction::erase_contents(const std::set<ReceiptId>& receipts) {
  if (receipts.empty()) return;
  const auto ids = list_of(receipts);
  work_.exec_params("update receipts set content = null where id = any ($1::uuid[])", ids);
  work_.exec_params("delete from evidence where attempt in (select id from attempts where receipt = any ($1::uuid[]))",
                    ids);
  work_.exec_params("update attempts set request = '' where receipt = any ($1::uuid[])", ids);
  work_.exec_params("update unreadable set value = '' where receipt = any ($1::uuid[])", ids);
}

void PostgresTransaction::wish_retry(const ReceiptId& receipt, const std::string& actor) {
  work_.exec_params("update receipts set retry_by = $2 where id = $1::uuid", receipt.str(), actor);
}

std::vector<Wish> PostgresTransaction::wishes(int limit) {
  return wishes_from(work_.exec_params(std::string(kWishes) + "order by id limit $1", limit));
}

std::optional<Wish> PostgresTransaction::wish_of(const ReceiptId& receipt) {
  const auto found = wishes_from(work_.exec_params(std::string(kWishes) + "and id = $1::uuid", receipt.str()));
  return found.empty() ? std::nullopt : std::optional(found.front());
}

void PostgresTransaction::audit(const audit::Who& who, const std::string& subject, const std::string& action) {
  postgres::append_audit(work_, who, action, subject);
}

audit::Part PostgresTransaction::audit_after(std::int64_t number, int limit) {
  return postgres::audit_after(work_, number, limit);
}

std::set<std::string> PostgresTransaction::post_ids(const std::set<ReceiptId>& receipts) {
  std::set<std::string> known;
  for (const auto& row :
       work_.exec_params("select post_id from posts where receipt = any($1::uuid[])", list_of(receipts))) {
    known.insert(row["post_id"].as<std::string>());
  }
  return known;
}

void PostgresTransaction::insert_posts(const std::vector<NewPost>& posts) {
  TextArray receipts, ids, verdicts, digests;
  IntArray generations;
  for (const auto& post : posts) {
    receipts.add(post.receipt.str());
    ids.add(post.id);
    verdicts.add(post.verdict);
    generations.add(post.generation);
    digests.add_bytes(post.digest);
  }
  work_.exec_params(
      "insert into posts (receipt, post_id, verdict, generation, digest) select * from unnest($1::uuid[], $2::uuid[], "
      "$3::text[], $4::int[], $5::bytea[]) on conflict do nothing",
      receipts.str(), ids.str(), verdicts.str(), generations.str(), digests.str());
}

void PostgresTransaction::keep_record(const KeptRecord& record) {
  TextArray raw;
  raw.add_bytes(record.key);
  raw.add_bytes(record.value);
  work_.exec_params(
      "insert into unreadable (topic, partition, log, record_offset, receipt, key, value, why, detail) values ($1, $2, "
      "$3, $4, nullif($5, '')::uuid, ($6::bytea[])[1], ($6::bytea[])[2], $7, $8) on conflict do nothing",
      record.topic, record.partition, record.log, record.offset, record.receipt.str(), raw.str(), record.why,
      record.detail);
}

std::vector<std::string> PostgresTransaction::kept_of(const ReceiptId& receipt) {
  std::vector<std::string> values;
  for (const auto& row : work_.exec_params(
           "select value from unreadable where receipt = $1::uuid order by taken_in_at desc", receipt.str())) {
    values.push_back(bytes(row["value"]));
  }
  return values;
}

std::vector<KeptShown> PostgresTransaction::kept_behind(const std::optional<KeptPlace>& place, int limit) {
  const KeptPlace behind = place.value_or(KeptPlace{});
  std::vector<KeptShown> shown;
  for (const auto& row : work_.exec_params(
           "select (extract(epoch from taken_in_at) * 1000000)::bigint as at_us, topic, partition, log, record_offset, "
           "receipt, substr(key, 1, $1) as key, length(value) as bytes, why, detail from unreadable where $2 or "
           "(taken_in_at, topic, partition, log, record_offset) < "
           "('epoch'::timestamptz + $3::bigint * interval '1 microsecond', $4, $5::int, $6::bigint, $7::bigint) "
           "order by taken_in_at desc, topic desc, partition desc, log desc, record_offset desc limit $8",
           kafka::kKeyShown, !place.has_value(), behind.at_us, behind.topic, behind.partition, behind.log,
           behind.offset, limit)) {
    shown.push_back({{row["at_us"].as<std::int64_t>(), row["topic"].as<std::string>(), row["partition"].as<int>(),
                      row["log"].as<std::int64_t>(), row["record_offset"].as<std::int64_t>()},
                     ReceiptId(row["receipt"].as<std::string>("")),
                     bytes(row["key"]),
                     row["bytes"].as<std::int64_t>(),
                     row["why"].as<std::string>(),
                     row["detail"].as<std::string>()});
  }
  return shown;
}

int PostgresTransaction::forget_kept(std::int64_t age_ms, int limit) {
  return static_cast<int>(
      work_
          .exec_params("delete from unreadable where ctid in (select ctid from unreadable where taken_in_at < now() - "
                       "make_interval(secs => $1::bigint / 1000.0) and (receipt is null or value = '') limit $2)",
                       age_ms, limit)
          .affected_rows());
}

std::vector<Queued> PostgresTransaction::queue(const std::vector<PoolId>& pools, int per_pool,
                                               const std::vector<PoolId>& without_suspects) {
  std::vector<Queued> result;
  for (const auto& row :
       work_.exec_params("select q.id, q.tenant, q.pool, q.revision, q.generation, q.attempts, q.suspect, "
                         "q.content from "
                         "unnest($1::text[]) as p(pool) cross join lateral ("
                         "select * from receipts r where r.pool = p.pool and r.state = 'queued' and "
                         "(r.not_before is null or r.not_before <= now()) and "
                         "not (r.suspect and r.pool = any($3::text[])) "
                         "order by r.position limit $2) q order by q.pool, q.position",
                         list_of(pools), per_pool, list_of(without_suspects))) {
    result.push_back({ReceiptId(row["id"].as<std::string>()), TenantId(row["tenant"].as<std::string>()),
                      PoolId(row["pool"].as<std::string>()), row["revision"].as<std::int64_t>(),
                      row["generation"].as<std::uint32_t>(), row["attempts"].as<std::uint32_t>(),
                      row["suspect"].as<bool>(), bytes(row["content"])});
  }
  return result;
}

std::vector<PoolId> PostgresTransaction::queued_pools() {
  std::vector<PoolId> pools;
  // One probe of the queues' index for each: `distinct` would read all that is queued.
  for (const auto& row :
       work_.exec("with recursive found as ((select pool from receipts where state = 'queued' order by pool limit 1) "
                  "union all select (select r.pool from receipts r where r.state = 'queued' and r.pool > found.pool "
                  "order by r.pool limit 1) from found where found.pool is not null) "
                  "select pool from found where pool is not null")) {
    pools.emplace_back(row["pool"].as<std::string>());
  }
  return pools;
}

std::map<PoolId, std::int64_t> PostgresTransaction::queue_lengths(const std::vector<PoolId>& pools) {
  std::map<PoolId, std::int64_t> lengths;
  for (const auto& row : work_.exec_params(
           "select pool, count(*) from receipts where state = 'queued' and pool = any($1::text[]) group by pool",
           list_of(pools))) {
    lengths[PoolId(row["pool"].as<std::string>())] = row["count"].as<std::int64_t>();
  }
  return lengths;
}

std::vector<Waiting> PostgresTransaction::waiting(const std::vector<int>& shards) {
  std::vector<Waiting> result;
  // Each with the index of its states: asked for all of them together, PostgreSQL reads the whole table.
  for (const auto& row : work_.exec_params(
           "select pool, count(*) as queued, extract(epoch from now() - min(accepted_at)) as oldest_s from receipts "
           "where state = 'queued' and shard = any($1::int[]) group by pool",
           list_of(shards))) {
    result.push_back({.pool = PoolId(row["pool"].as<std::string>()),
                      .queued = row["queued"].as<std::int64_t>(),
                      .oldest_queued_s = row["oldest_s"].as<double>()});
  }
  for (const auto& row : work_.exec_params(
           "select pool, count(*) as uncertain, count(*) filter (where state = 'held') as held from receipts "
           "where state in ('uncertain', 'held') and shard = any($1::int[]) group by pool",
           list_of(shards))) {
    result.push_back({.pool = PoolId(row["pool"].as<std::string>()),
                      .uncertain = row["uncertain"].as<std::int64_t>(),
                      .held = row["held"].as<std::int64_t>()});
  }
  // A receipt that is done may have an attempt that nobody can say the end of: perhaps a second document.
  // The few first, then their receipts, as in undecided().
  static const std::string kAsked =
      "with asked as materialized (select receipt, coalesce(finished_at, started_at) as since from attempts "
      "where question in ('open', 'asked')) "
      "select r.pool, count(*) as questions, extract(epoch from now() - min(asked.since)) as oldest_s, "
      "count(distinct r.id) filter (where r.state in (" +
      states_in(receipts::Phase::ended) +
      ")) as ended from asked cross join lateral (select * from receipts where id = asked.receipt offset 0) r where "
      "r.shard = any($1::int[]) group by r.pool";
  for (const auto& row : work_.exec_params(kAsked, list_of(shards))) {
    result.push_back({.pool = PoolId(row["pool"].as<std::string>()),
                      .uncertain = row["ended"].as<std::int64_t>(),
                      .questions = row["questions"].as<std::int64_t>(),
                      .oldest_question_s = row["oldest_s"].as<double>()});
  }
  return result;
}

namespace {

const std::string kOutcomes =
    "select id, revision, state, generation, tenant, installation, pool, cashbox, unique_id, total_kopecks, fiscal, "
    "content, error, hold_reason, conflicts, digest, digest_version, sequence, "
    "(extract(epoch from accepted_at) * 1000)::bigint as accepted_at_ms, "
    "(extract(epoch from changed_at) * 1000)::bigint as changed_at_ms, "
    "coalesce((extract(epoch from finished_at) * 1000)::bigint, 0) as finished_at_ms, "
    "l.system || '/' || l.timeline as journal_id, (select last_value from journal_sequence) as head "
    "from receipts, life() l where ";

Outcome outcome_of(const pqxx::row& row) {
  Outcome outcome;
  outcome.id = ReceiptId(row["id"].as<std::string>());
  outcome.revision = row["revision"].as<std::int64_t>();
  outcome.state = receipts::state_from(row["state"].as<std::string>()).value();
  outcome.generation = row["generation"].as<std::uint32_t>();
  outcome.tenant = TenantId(row["tenant"].as<std::string>());
  outcome.installation = InstallationId(row["installation"].as<std::string>());
  outcome.pool = PoolId(row["pool"].as<std::string>());
  outcome.cashbox = CashboxId(row["cashbox"].as<std::string>());
  outcome.unique_id = row["unique_id"].as<std::string>();
  outcome.total_kopecks = row["total_kopecks"].as<std::int64_t>();
  outcome.fiscal = bytes(row["fiscal"]);
  outcome.content = bytes(row["content"]);
  outcome.error = row["error"].as<std::string>();
  outcome.hold_reason = row["hold_reason"].as<std::string>();
  outcome.conflicts = row["conflicts"].as<std::uint32_t>();
  outcome.digest = bytes(row["digest"]);
  outcome.digest_version = row["digest_version"].as<std::uint32_t>();
  outcome.sequence = row["sequence"].as<std::uint64_t>();
  outcome.accepted_at_ms = row["accepted_at_ms"].as<std::int64_t>();
  outcome.changed_at_ms = row["changed_at_ms"].as<std::int64_t>();
  outcome.finished_at_ms = row["finished_at_ms"].as<std::int64_t>();
  outcome.journal_id = row["journal_id"].as<std::string>();
  outcome.head = row["head"].as<std::int64_t>();
  return outcome;
}

// With their posts and their latest attempts.
std::vector<Outcome> outcomes_from(pqxx::work& work, const pqxx::result& rows, int attempts_shown) {
  std::vector<Outcome> outcomes;
  std::map<ReceiptId, std::size_t> index;
  for (const auto& row : rows) {
    outcomes.push_back(outcome_of(row));
    index.emplace(outcomes.back().id, outcomes.size() - 1);
  }
  if (outcomes.empty()) return outcomes;
  TextArray ids;
  for (const auto& [id, place] : index) ids.add(id.str());
  for (const auto& row :
       work.exec_params("select p.receipt, p.post_id from unnest($1::uuid[]) as r(id) cross join lateral (select "
                        "receipt, post_id from posts where receipt = r.id order by post_id desc limit $2) p",
                        ids.str(), kPostsShown)) {
    outcomes[index.at(ReceiptId(row["receipt"].as<std::string>()))].post_ids.push_back(
        row["post_id"].as<std::string>());
  }
  for (const auto& row : work.exec_params(
           "select receipt, number, register, (extract(epoch from started_at) * 1000)::bigint as started_at_ms, "
           "coalesce((extract(epoch from finished_at) * 1000)::bigint, 0) as finished_at_ms, outcome, detail "
           "from (select *, row_number() over (partition by receipt order by number desc) as age from attempts "
           "where receipt = any($1::uuid[])) a where age <= $2 order by receipt, number",
           ids.str(), attempts_shown)) {
    outcomes[index.at(ReceiptId(row["receipt"].as<std::string>()))].attempts.push_back(
        {row["number"].as<std::uint32_t>(), RegisterId(row["register"].as<std::string>()),
         row["started_at_ms"].as<std::int64_t>(), row["finished_at_ms"].as<std::int64_t>(),
         outcome_from(row["outcome"]), row["detail"].as<std::string>()});
  }
  return outcomes;
}

}  // namespace

std::vector<Outcome> PostgresTransaction::unpublished(const std::vector<int>& shards, std::int64_t passing_ms,
                                                      int limit, int attempts_shown) {
  static const std::string kUnpublished =
      kOutcomes +
      "unpublished and shard = any($1::int[]) and (state not in ('queued', 'printing') or changed_at <= now() - "
      "$2::bigint * interval '1 millisecond') order by sequence limit $3";
  return outcomes_from(work_, work_.exec_params(kUnpublished, list_of(shards), passing_ms, limit), attempts_shown);
}

std::vector<Outcome> PostgresTransaction::outcomes(const ReceiptId& after, int limit, int attempts_shown) {
  static const std::string kPage = kOutcomes + "id > $1::uuid order by id limit $2";
  const std::string first = "00000000-0000-0000-0000-000000000000";
  return outcomes_from(work_, work_.exec_params(kPage, after.empty() ? first : after.str(), limit), attempts_shown);
}

void PostgresTransaction::mark_published(const std::vector<std::pair<ReceiptId, std::int64_t>>& revisions) {
  TextArray ids;
  IntArray told;
  for (const auto& [id, revision] : revisions) {
    ids.add(id.str());
    told.add(revision);
  }
  work_.exec_params(
      "with told as (select r.id, p.revision from receipts r join unnest($1::uuid[], $2::bigint[]) as p(id, revision) "
      "using (id) where r.published_revision < p.revision order by r.id for update of r) "
      "update receipts r set published_revision = told.revision from told where r.id = told.id",
      ids.str(), told.str());
}

}  // namespace kassaflow::fiscalizer::journal
