#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "postgres_transaction.hpp"

namespace kassaflow::fiscalizer::journal {

using postgres::IntArray;
using postgres::TextArray;

namespace {

template <class Numbers>
std::string list_of(const Numbers& numbers) {
  IntArray list;
  for (const auto number : numbers) list.add(number);
  return list.str();
}

const std::string kRowColumns =
    "id, receipt, key, number, kind, identity, register, tenant, outcome, question, shard, sends, coalesce(proves, 0) "
    "as "
    "proves, fn_before, fd_before, words, cause, (extract(epoch from sent_at) * 1000)::bigint as sent_at_ms, coalesce("
    "(extract(epoch from finished_at) * 1000)::bigint, 0) as finished_at_ms ";

Attempts rows_from(const pqxx::result& result) {
  Attempts rows;
  for (const auto& row : result) {
    AttemptRow attempt;
    attempt.receipt = ReceiptId(text(row["receipt"]));
    attempt.key = row["key"].as<std::string>();
    attempt.number = row["number"].as<std::uint32_t>();
    attempt.kind = kind_from(row["kind"]);
    attempt.identity = RegisterIdentity(row["identity"].as<std::string>());
    attempt.register_id = RegisterId(row["register"].as<std::string>());
    attempt.tenant = TenantId(row["tenant"].as<std::string>());
    attempt.outcome = outcome_from(row["outcome"]);
    attempt.question = question_from(row["question"]);
    attempt.shard = row["shard"].as<int>();
    attempt.sends = row["sends"].as<int>();
    attempt.proves = row["proves"].as<std::int64_t>();
    attempt.fn_before = row["fn_before"].as<std::string>();
    attempt.fd_before = row["fd_before"].as<std::uint64_t>();
    attempt.words = row["words"].as<std::string>();
    attempt.cause = row["cause"].as<std::string>();
    attempt.sent_at_ms = row["sent_at_ms"].as<std::int64_t>();
    attempt.finished_at_ms = row["finished_at_ms"].as<std::int64_t>();
    rows.emplace(row["id"].as<std::int64_t>(), std::move(attempt));
  }
  return rows;
}

const std::string kBytesColumns =
    "a.id, a.kind, a.receipt, a.key, a.request, a.remote_id, a.sends, r.content, extract(epoch from now() - "
    "a.started_at)::bigint as age_s, a.fd_before ";
const std::string kOwnDocuments =
    "from documents d join attempts a on a.id = d.attempt left join receipts r on r.id = d.receipt where d.fn = $1 and "
    "d.fd between $2 and $3 and (a.identity = $4 or coalesce(r.tenant, a.tenant) = $5) ";
const std::string kWithBytes = "select " + kBytesColumns + "from attempts a left join receipts r on r.id = a.receipt ";

Attempt attempt_from(const pqxx::row& row) {
  Attempt attempt;
  attempt.id = row["id"].as<std::int64_t>();
  attempt.kind = kind_from(row["kind"]);
  attempt.receipt = ReceiptId(text(row["receipt"]));
  attempt.key = row["key"].as<std::string>();
  attempt.request = bytes(row["request"]);
  attempt.remote_id = row["remote_id"].as<std::string>();
  attempt.sends = row["sends"].as<int>();
  attempt.content = bytes(row["content"]);
  attempt.age_s = row["age_s"].as<std::int64_t>();
  attempt.fd_before = row["fd_before"].as<std::uint64_t>();
  return attempt;
}

std::vector<Attempt> attempts_from(const pqxx::result& result) {
  std::vector<Attempt> attempts;
  for (const auto& row : result) attempts.push_back(attempt_from(row));
  return attempts;
}

Undecided undecided_from(const pqxx::row& row) {
  Undecided undecided;
  auto& heard = undecided.heard;
  heard.stored = row["id"].as<std::int64_t>();
  heard.attempt = row["attempt"].as<std::int64_t>();
  heard.fence.shard = row["shard"].as<int>();
  heard.send = row["send"].as<int>();
  heard.final = row["final"].as<bool>();
  heard.provable = row["provable"].as<bool>();
  heard.finding.fact = registers::fact_from(row["fact"].as<std::string>());
  heard.finding.cause = registers::cause_from(row["cause"].as<std::string>());
  heard.finding.code = row["code"].as<std::string>();
  heard.finding.text = row["detail"].as<std::string>();
  v1::FiscalDocument document;
  if (!row["document"].is_null() && document.ParseFromString(bytes(row["document"]))) {
    heard.finding.document = records::from_record(document);
  }
  heard.finding.remote_id = row["remote_id"].as<std::string>();
  heard.finding.raw_answer = bytes(row["raw"]);
  undecided.register_id = RegisterId(row["register"].as<std::string>());
  undecided.kind = kind_from(row["kind"]);
  return undecided;
}

}  // namespace

std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> PostgresTransaction::insert_attempts(
    const std::vector<NewAttempt>& attempts) {
  TextArray receipts, kinds, registers, identities, tenants, pools, keys, requests, fns;
  IntArray numbers, generations, shards, epochs, fds, proves, configurations;
  for (const auto& attempt : attempts) {
    attempt.receipt.empty() ? receipts.add_null() : receipts.add(attempt.receipt.str());
    numbers.add(attempt.number);
    generations.add(attempt.generation);
    kinds.add(to_string(attempt.kind));
    registers.add(attempt.register_id.str());
    identities.add(attempt.identity.str());
    tenants.add(attempt.tenant.str());
    pools.add(attempt.pool.str());
    shards.add(attempt.fence.shard);
    epochs.add(attempt.fence.epoch);
    keys.add(attempt.key);
    requests.add_bytes(attempt.request);
    fns.add(attempt.fn_before);
    fds.add(attempt.fd_before);
    proves.add(attempt.proves);
    configurations.add(attempt.configuration);
  }
  static const std::string kInsert =
      "insert into attempts (receipt, number, generation, kind, register, identity, pool, shard, epoch, key, request, "
      "fn_before, fd_before, proves, tenant) select receipt, number, generation, kind, register, identity, pool, "
      "shard, "
      "epoch, key, request, fn_before, fd_before, nullif(proves, 0), tenant from unnest($1::uuid[], $2::int[], "
      "$3::int[], $4::text[], "
      "$5::text[], $6::text[], $7::text[], $8::int[], $9::bigint[], $10::text[], $11::bytea[], $12::text[], "
      "$13::bigint[], $14::bigint[], $15::bigint[], $16::text[]) as n(receipt, number, generation, kind, register, "
      "identity, pool, shard, epoch, key, request, fn_before, fd_before, proves, configuration, tenant) where not "
      "exists (select 1 from "
      "retired_registers g where g.register = n.register and g.revision > n.configuration) and not exists (select 1 "
      "from attempts u where u.receipt = n.receipt and " +
      std::string(kUnanswered) + ") on conflict do nothing returning id, key, identity";
  std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> stored;
  for (const auto& row :
       work_.exec_params(kInsert, receipts.str(), numbers.str(), generations.str(), kinds.str(), registers.str(),
                         identities.str(), pools.str(), shards.str(), epochs.str(), keys.str(), requests.str(),
                         fns.str(), fds.str(), proves.str(), configurations.str(), tenants.str())) {
    stored.emplace(std::pair(row["key"].as<std::string>(), RegisterIdentity(row["identity"].as<std::string>())),
                   row["id"].as<std::int64_t>());
  }
  return stored;
}

std::map<std::int64_t, ReceiptId> PostgresTransaction::touched_by(const std::set<std::int64_t>& attempts) {
  std::map<std::int64_t, ReceiptId> touched;
  for (const auto& row : work_.exec_params(
           "select t.id, a.receipt from (select a.id from unnest($1::bigint[]) a(id) union select a.proves from "
           "attempts a where a.id = any($1::bigint[]) and a.proves is not null union select b.id from attempts a cross "
           "join lateral (select id from attempts b where b.identity = a.identity and b.fn_before = a.fn_before and "
           "b.fd_before = a.fd_before and b.id < a.id and b.receipt is not null and b.outcome = 'not_printed' and "
           "(b.question = 'settled' or (b.question is null and b.words <> '')) order by id desc limit 100) b where "
           "a.id = "
           "any($1::bigint[]) and a.fn_before <> '') t join attempts a on a.id = t.id",
           list_of(attempts))) {
    touched.emplace(row["id"].as<std::int64_t>(), ReceiptId(text(row["receipt"])));
  }
  return touched;
}

std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> PostgresTransaction::keep_attempts(
    const std::vector<KeptAttempt>& attempts) {
  std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> ids;
  if (attempts.empty()) return ids;
  TextArray receipts, registers, identities, tenants, pools, keys, requests, outcomes, details;
  IntArray numbers, generations, shards, started;
  for (const auto& [attempt, outcome, detail, started_at_ms] : attempts) {
    receipts.add(attempt.receipt.str());
    numbers.add(attempt.number);
    generations.add(attempt.generation);
    registers.add(attempt.register_id.str());
    identities.add(attempt.identity.str());
    tenants.add(attempt.tenant.str());
    pools.add(attempt.pool.str());
    shards.add(attempt.fence.shard);
    keys.add(attempt.key);
    requests.add_bytes(attempt.request);
    outcomes.add(to_string(outcome));
    details.add(detail);
    started.add(started_at_ms);
  }
  work_.exec_params(
      "insert into attempts as a (receipt, number, generation, kind, register, identity, pool, shard, epoch, key, "
      "request, started_at, sent_at, finished_at, outcome, question, detail, tenant) select receipt, number, "
      "generation, 'receipt', register, identity, pool, shard, 0, key, request, at, at, now(), outcome, case when "
      "outcome = 'unknown' then 'asked' end, detail, tenant from unnest($1::uuid[], $2::int[], $3::int[], $4::text[], "
      "$5::text[], "
      "$6::text[], $7::int[], $8::text[], $9::bytea[], $10::bigint[], $11::text[], $12::text[], $13::text[]) as "
      "n(receipt, "
      "number, generation, register, identity, pool, shard, key, request, started_ms, outcome, detail, tenant), "
      "lateral (select "
      "to_timestamp(started_ms / 1000.0) as at) t on conflict (receipt, number) do update set outcome = "
      "excluded.outcome, question = null, detail = excluded.detail, finished_at = excluded.finished_at where "
      "excluded.outcome <> 'unknown' and (a.outcome is null or a.outcome = 'unknown')",
      receipts.str(), numbers.str(), generations.str(), registers.str(), identities.str(), pools.str(), shards.str(),
      keys.str(), requests.str(), started.str(), outcomes.str(), details.str(), tenants.str());
  for (const auto& row :
       work_.exec_params("select id, receipt, number from attempts join unnest($1::uuid[], $2::int[]) "
                         "as n(receipt, number) using (receipt, number)",
                         receipts.str(), numbers.str())) {
    ids.emplace(std::pair(ReceiptId(row["receipt"].as<std::string>()), row["number"].as<std::uint32_t>()),
                row["id"].as<std::int64_t>());
  }
  return ids;
}

std::int64_t PostgresTransaction::attempt_with_key(const std::string& key) {
  const auto rows = work_.exec_params("select id from attempts where key = $1 and receipt is not null", key);
  return rows.empty() ? 0 : rows[0]["id"].as<std::int64_t>();
}

Attempts PostgresTransaction::lock_attempts(const std::set<std::int64_t>& ids, const std::set<ReceiptId>& receipts) {
  TextArray receipt_ids;
  for (const auto& receipt : receipts) receipt_ids.add(receipt.str());
  static const std::string kLock = "select " + kRowColumns +
                                   "from attempts where id = any(array(select unnest($1::bigint[]) union all select id "
                                   "from attempts where receipt = any($2::uuid[]) and " +
                                   kUnanswered + ")) order by id for update";
  return rows_from(work_.exec_params(kLock, list_of(ids), receipt_ids.str()));
}

void PostgresTransaction::write_attempts(const std::map<std::int64_t, AttemptChange>& changes) {
  if (changes.empty()) return;
  IntArray ids;
  TextArray outcomes, questions, details, remote_ids, words, causes;
  for (const auto& [id, change] : changes) {
    ids.add(id);
    outcomes.add(change.outcome ? to_string(*change.outcome) : "");
    questions.add(to_string(change.question));
    details.add(change.detail);
    remote_ids.add(change.remote_id);
    words.add(change.words);
    causes.add(change.cause);
  }
  work_.exec_params(
      "update attempts a set outcome = coalesce(nullif(c.outcome, ''), a.outcome), "
      "finished_at = case when c.outcome <> '' then coalesce(a.finished_at, now()) else a.finished_at end, "
      "question = case when c.outcome <> '' then nullif(c.question, '') else a.question end, detail = c.detail, "
      "remote_id = coalesce(nullif(c.remote_id, ''), a.remote_id), words = coalesce(nullif(c.words, ''), a.words), "
      "cause = case when c.words <> '' then c.cause else a.cause end "
      "from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) as c(id, "
      "outcome, question, detail, remote_id, words, cause) where a.id = c.id",
      ids.str(), outcomes.str(), questions.str(), details.str(), remote_ids.str(), words.str(), causes.str());
}

int PostgresTransaction::count_sending(std::int64_t attempt) {
  return work_
      .exec_params1("update attempts set sends = sends + 1, sent_at = now() where id = $1 returning sends", attempt)[0]
      .as<int>();
}

std::int64_t PostgresTransaction::open_attempt(const RegisterIdentity& identity, const std::string& key,
                                               std::int64_t epoch) {
  const auto rows =
      work_.exec_params("select id from attempts where identity = $1 and key = $2 and epoch = $3 and outcome is null",
                        identity.str(), key, epoch);
  return rows.empty() ? 0 : rows[0]["id"].as<std::int64_t>();
}

int PostgresTransaction::refusals(const ReceiptId& receipt, std::uint32_t generation) {
  return work_
      .exec_params1(
          "select count(*) from attempts where receipt = $1::uuid and generation = $2 and outcome = 'not_printed' and "
          "words <> ''",
          receipt.str(), generation)[0]
      .as<int>();
}

bool PostgresTransaction::denied_after(const ReceiptId& receipt, std::uint32_t generation, const std::string& words) {
  return work_
      .exec_params1(
          "select exists (select 1 from attempts where receipt = $1::uuid and generation = $2 and outcome = "
          "'not_printed' and question = 'settled' and words = $3)",
          receipt.str(), generation, words)[0]
      .as<bool>();
}

int PostgresTransaction::printed_attempts(const ReceiptId& receipt) {
  return work_
      .exec_params1("select count(*) from attempts where receipt = $1::uuid and outcome = 'printed'", receipt.str())[0]
      .as<int>();
}

void PostgresTransaction::retire(const RegisterId& register_id, std::uint64_t revision) {
  // Who opens attempts holds a row of it: they have ended, and the next will see the register retired.
  work_.exec("lock table shards in exclusive mode");
  work_.exec_params(
      "insert into retired_registers as r (register, revision) values ($1, $2) on conflict (register) do update set "
      "revision = greatest(r.revision, excluded.revision)",
      register_id.str(), revision);
}

std::uint64_t PostgresTransaction::retired_at(const RegisterId& register_id) {
  const auto rows = work_.exec_params("select revision from retired_registers where register = $1", register_id.str());
  return rows.empty() ? 0 : rows[0]["revision"].as<std::uint64_t>();
}

Attempts PostgresTransaction::lock_unsettled(const RegisterId& register_id) {
  // kUnanswered, in parts that each have an index of the few that are so: none of them walks the register's history.
  static const std::string kLock =
      "select " + kRowColumns +
      "from attempts where register = $1 and (outcome is null or (receipt is not null and outcome = 'unknown' and "
      "question in ('open', 'asked')) or (receipt is not null and outcome = 'unknown' and question is null)) order by "
      "id for update";
  return rows_from(work_.exec_params(kLock, register_id.str()));
}

// --- evidence ---

void PostgresTransaction::append_evidence(const std::vector<Heard>& batch, const std::vector<bool>& decided) {
  IntArray stored, attempts, sends, finals, provables, decisions;
  TextArray facts, causes, codes, details, documents, remote_ids, raws;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& heard = batch[i];
    if (heard.stored != 0 && !decided[i]) continue;
    stored.add(heard.stored);
    attempts.add(heard.attempt);
    sends.add(heard.send);
    finals.add(heard.final ? 1 : 0);
    provables.add(heard.provable ? 1 : 0);
    facts.add(to_string(heard.finding.fact));
    causes.add(to_string(heard.finding.cause));
    codes.add(heard.finding.code);
    details.add(heard.finding.text);
    heard.finding.document ? documents.add_bytes(records::to_record(*heard.finding.document).SerializeAsString())
                           : documents.add_null();
    remote_ids.add(heard.finding.remote_id);
    raws.add_bytes(heard.finding.raw_answer);
    decisions.add(decided[i] ? 1 : 0);
  }
  // What is stored already may be a callback that was read only now.
  work_.exec_params(
      "with heard as (select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::int[], $6::text[], "
      "$7::text[], $8::text[], $9::text[], $10::bytea[], $11::text[], $12::bytea[], $13::int[]) as h(stored, attempt, "
      "send, final, provable, fact, cause, code, detail, document, remote_id, raw, decided)), "
      "known as (update evidence e set decided = true, fact = h.fact, cause = h.cause, code = h.code, detail = "
      "h.detail, document = h.document from heard h where e.id = h.stored) "
      "insert into evidence (attempt, shard, send, final, provable, fact, cause, code, detail, document, remote_id, "
      "raw, decided) select h.attempt, a.shard, h.send, h.final <> 0, h.provable <> 0, h.fact, h.cause, h.code, "
      "h.detail, h.document, h.remote_id, h.raw, h.decided <> 0 from heard h join attempts a on a.id = h.attempt "
      "where h.stored = 0",
      stored.str(), attempts.str(), sends.str(), finals.str(), provables.str(), facts.str(), causes.str(), codes.str(),
      details.str(), documents.str(), remote_ids.str(), raws.str(), decisions.str());
}

std::vector<Undecided> PostgresTransaction::undecided(const std::vector<int>& shards, int limit) {
  std::vector<Undecided> result;
  // The few first, then their attempts: never the other way round, however large the tables are.
  for (const auto& row : work_.exec_params(
           "with e as materialized (select * from evidence where not decided and callback_register is null and shard = "
           "any($1::int[]) order by id limit $2) select e.*, a.register, a.kind from e join attempts a on a.id = "
           "e.attempt order by e.id",
           list_of(shards), limit)) {
    result.push_back(undecided_from(row));
  }
  return result;
}

bool PostgresTransaction::printed_is_undecided(std::int64_t attempt) {
  return work_
      .exec_params1(
          "select exists (select 1 from evidence where attempt = $1 and not decided and (fact = 'printed' or "
          "callback_register is not null))",
          attempt)[0]
      .as<bool>();
}

std::vector<std::vector<NamedAttempt>> PostgresTransaction::named_by(const std::vector<Callback>& callbacks) {
  TextArray identities, keys, remote_ids;
  for (const auto& callback : callbacks) {
    identities.add(callback.identity.str());
    keys.add(callback.key);
    remote_ids.add(callback.remote_id);
  }
  std::vector<std::vector<NamedAttempt>> named(callbacks.size());
  for (const auto& row : work_.exec_params(
           "select c.place, a.id, r.tenant from unnest($1::text[], $2::text[], $3::text[]) with ordinality as "
           "c(identity, key, remote_id, place) cross join lateral (select id, receipt from attempts where identity = "
           "c.identity and key = c.key and c.key <> '' union select id, receipt from attempts where identity = "
           "c.identity and remote_id = c.remote_id and remote_id <> '') a left join receipts r on r.id = a.receipt "
           "order by c.place, a.id",
           identities.str(), keys.str(), remote_ids.str())) {
    named[row["place"].as<std::size_t>() - 1].push_back({row["id"].as<std::int64_t>(), TenantId(text(row["tenant"]))});
  }
  return named;
}

void PostgresTransaction::append_callbacks(const std::vector<std::pair<std::int64_t, Callback>>& callbacks) {
  IntArray attempts;
  TextArray registers, bodies;
  for (const auto& [attempt, callback] : callbacks) {
    attempts.add(attempt);
    registers.add(callback.register_id.str());
    bodies.add_bytes(callback.body);
  }
  work_.exec_params(
      "insert into evidence (attempt, shard, send, final, provable, fact, cause, code, detail, remote_id, raw, "
      "decided, callback_register) select a.id, a.shard, a.sends, true, false, 'unknown', 'none', '', '', '', c.body, "
      "false, c.register from unnest($1::bigint[], $2::text[], $3::bytea[]) with ordinality as c(attempt, register, "
      "body, place) join attempts a on a.id = c.attempt order by c.place",
      attempts.str(), registers.str(), bodies.str());
}

std::vector<CalledBack> PostgresTransaction::called_back(const std::vector<int>& shards, int limit) {
  std::vector<CalledBack> result;
  static const std::string kUnread =
      "with e as materialized (select * from evidence where not decided and callback_register is not null and shard = "
      "any($1::int[]) order by id limit $2) select e.id as evidence, e.shard, e.send, e.callback_register, e.raw, "
      "a.identity, " +
      kBytesColumns +
      "from e join attempts a on a.id = e.attempt left join receipts r on r.id = a.receipt order by e.id";
  for (const auto& row : work_.exec_params(kUnread, list_of(shards), limit)) {
    result.push_back({row["evidence"].as<std::int64_t>(), row["shard"].as<int>(), row["send"].as<int>(),
                      RegisterId(row["callback_register"].as<std::string>()),
                      RegisterIdentity(row["identity"].as<std::string>()), attempt_from(row), bytes(row["raw"])});
  }
  return result;
}

void PostgresTransaction::pass_over(std::int64_t evidence) {
  work_.exec_params("update evidence set decided = true where id = $1", evidence);
}

// --- documents and registers ---

Storages PostgresTransaction::storages(const std::set<std::string>& fns) {
  Storages found;
  if (fns.empty()) return found;
  TextArray list;
  for (const auto& fn : fns) list.add(fn);
  for (const auto& row :
       work_.exec_params("select fn, identity, tenant from storages where fn = any($1::text[])", list.str())) {
    Storage storage{row["fn"].as<std::string>(), RegisterIdentity(row["identity"].as<std::string>()),
                    TenantId(row["tenant"].as<std::string>())};
    found.emplace(storage.fn, std::move(storage));
  }
  return found;
}

void PostgresTransaction::bind_storages(const std::vector<Storage>& storages) {
  if (storages.empty()) return;
  TextArray fns, identities, tenants;
  for (const auto& storage : storages) {
    fns.add(storage.fn);
    identities.add(storage.identity.str());
    tenants.add(storage.tenant.str());
  }
  // In one order everywhere, as documents are claimed.
  work_.exec_params(
      "insert into storages (fn, identity, tenant) select distinct on (fn) fn, identity, tenant from "
      "unnest($1::text[], $2::text[], $3::text[]) with ordinality as s(fn, identity, tenant, place) order by fn, place "
      "on conflict do nothing",
      fns.str(), identities.str(), tenants.str());
}

void PostgresTransaction::move_storage(const Storage& storage) {
  work_.exec_params(
      "insert into storages (fn, identity, tenant) values ($1, $2, $3) on conflict (fn) do update set identity = "
      "excluded.identity, tenant = excluded.tenant, bound_at = excluded.bound_at",
      storage.fn, storage.identity.str(), storage.tenant.str());
  work_.exec_params("update registers set disputed_fn = '' where disputed_fn = $1", storage.fn);
}

std::set<std::int64_t> PostgresTransaction::claim_documents(const std::vector<Claim>& claims) {
  std::set<std::int64_t> owners;
  if (claims.empty()) return owners;
  TextArray fns, receipts;
  IntArray fds, attempts;
  for (const auto& claim : claims) {
    fns.add(claim.fn);
    fds.add(claim.fd);
    attempts.add(claim.attempt);
    claim.receipt.empty() ? receipts.add_null() : receipts.add(claim.receipt.str());
  }
  // In one order everywhere, so that two groups cannot wait for each other.
  for (const auto& row : work_.exec_params(
           "with claims as (select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[]) with ordinality "
           "as c(fn, fd, attempt, receipt, place)), "
           "mine as (insert into documents (fn, fd, attempt, receipt) select distinct on (fn, fd) fn, fd, attempt, "
           "receipt from claims order by fn, fd, place on conflict do nothing returning attempt) "
           "select attempt from mine union select c.attempt from claims c join documents d using (fn, fd, attempt)",
           fns.str(), fds.str(), attempts.str(), receipts.str())) {
    owners.insert(row["attempt"].as<std::int64_t>());
  }
  return owners;
}

std::optional<Claim> PostgresTransaction::document(const std::string& fn, std::uint64_t fd) {
  const auto rows = work_.exec_params("select attempt, receipt from documents where fn = $1 and fd = $2", fn, fd);
  if (rows.empty()) return std::nullopt;
  return Claim{fn, fd, rows[0]["attempt"].as<std::int64_t>(), ReceiptId(text(rows[0]["receipt"]))};
}

void PostgresTransaction::unbook(const std::string& fn, std::uint64_t fd) {
  work_.exec_params("delete from documents where fn = $1 and fd = $2", fn, fd);
}

std::vector<std::uint64_t> PostgresTransaction::known_numbers(const Storage& storage, std::uint64_t first,
                                                              std::uint64_t last, int limit) {
  std::vector<std::uint64_t> numbers;
  static const std::string kNumbers = "select d.fd " + kOwnDocuments + "order by d.fd limit $6";
  for (const auto& row :
       work_.exec_params(kNumbers, storage.fn, first, last, storage.identity.str(), storage.tenant.str(), limit)) {
    numbers.push_back(row["fd"].as<std::uint64_t>());
  }
  return numbers;
}

std::uint64_t PostgresTransaction::count_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last) {
  static const std::string kCount = "select count(*) " + kOwnDocuments;
  return work_.exec_params1(kCount, storage.fn, first, last, storage.identity.str(), storage.tenant.str())[0]
      .as<std::uint64_t>();
}

Reports PostgresTransaction::reports_since(const RegisterIdentity& identity, const std::string& fn, std::uint64_t fd,
                                           std::int64_t before) {
  const auto row = work_.exec_params1(
      "select count(*), coalesce(bool_or(kind = 'open_shift'), false) as opened from attempts where identity = $1 and "
      "fn_before = $2 and fd_before = $3 and id < $4 and kind <> 'receipt' and outcome = 'printed' and "
      "detail not like 'already%'",
      identity.str(), fn, fd, before);
  return {row["count"].as<std::uint64_t>(), row["opened"].as<bool>()};
}

void PostgresTransaction::write_registers(const std::map<RegisterIdentity, RegisterChange>& changes) {
  if (changes.empty()) return;
  TextArray identities, fns, shifts, disputed;
  IntArray fds, opened;
  for (const auto& [identity, change] : changes) {
    identities.add(identity.str());
    fns.add(change.fn);
    fds.add(change.fd);
    shifts.add(change.shift ? to_string(*change.shift) : "");
    opened.add(change.opened_now ? 1 : 0);
    disputed.add(change.disputed_fn);
  }
  work_.exec_params(
      "insert into registers as r (identity, fn, highest_fd, shift, shift_opened_at, disputed_fn) "
      "select identity, fn, fd, coalesce(nullif(shift, ''), 'unknown'), case when opened <> 0 then now() end, disputed "
      "from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[]) as c(identity, fn, fd, "
      "shift, opened, disputed) "
      "on conflict (identity) do update set "
      "highest_fd = case when excluded.fn = '' then r.highest_fd when r.fn = excluded.fn then greatest(r.highest_fd, "
      "excluded.highest_fd) else excluded.highest_fd end, "
      "fn = coalesce(nullif(excluded.fn, ''), r.fn), "
      "disputed_fn = coalesce(nullif(excluded.disputed_fn, ''), r.disputed_fn), "
      "shift = case when excluded.shift = 'unknown' then r.shift else excluded.shift end, "
      "shift_opened_at = case when excluded.shift = 'closed' then null else coalesce(excluded.shift_opened_at, "
      "r.shift_opened_at) end",
      identities.str(), fns.str(), fds.str(), shifts.str(), opened.str(), disputed.str());
}

// --- reading ---

RegisterRow PostgresTransaction::register_of(const RegisterIdentity& identity) {
  const auto rows = work_.exec_params(
      "select fn, highest_fd, shift, coalesce(extract(epoch from shift_opened_at)::bigint, 0) as shift_opened_at_s, "
      "disputed_fn from registers where identity = $1",
      identity.str());
  if (rows.empty()) return {};
  const auto& row = rows[0];
  return {row["fn"].as<std::string>(), row["highest_fd"].as<std::uint64_t>(), shift_from(row["shift"]),
          row["shift_opened_at_s"].as<std::int64_t>(), row["disputed_fn"].as<std::string>()};
}

std::optional<Attempt> PostgresTransaction::open_attempt_of(const RegisterIdentity& identity) {
  auto found =
      attempts_from(work_.exec_params(kWithBytes + "where a.identity = $1 and a.outcome is null", identity.str()));
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<std::int64_t> PostgresTransaction::questions_of(const RegisterIdentity& identity) {
  std::vector<std::int64_t> questions;
  for (const auto& row : work_.exec_params(
           "select id from attempts where identity = $1 and question = 'open' order by id", identity.str())) {
    questions.push_back(row["id"].as<std::int64_t>());
  }
  return questions;
}

std::vector<Attempt> PostgresTransaction::asked_of(const RegisterIdentity& identity, int limit) {
  return attempts_from(
      work_.exec_params(kWithBytes + "where a.identity = $1 and a.question = 'asked' order by a.id desc limit $2",
                        identity.str(), limit));
}

std::vector<std::int64_t> PostgresTransaction::answered(const std::vector<std::int64_t>& attempts) {
  std::vector<std::int64_t> result;
  if (attempts.empty()) return result;
  static const std::string kAnswered =
      "select id from attempts where id = any($1::bigint[]) and outcome is not null and (receipt is null or not " +
      std::string(kUnanswered) + ")";
  for (const auto& row : work_.exec_params(kAnswered, list_of(attempts))) {
    result.push_back(row["id"].as<std::int64_t>());
  }
  return result;
}

}  // namespace kassaflow::fiscalizer::journal
