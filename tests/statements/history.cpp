#include "history.hpp"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kassaflow/text/hex.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::statements {

namespace {

// `k` is the pool of receipt i: a quarter of those that ended are of pool 0, those that wait of the second thousand.
constexpr const char* kFunctions = R"(
create function id(i bigint) returns uuid language sql immutable as $$ select md5(i::text)::uuid $$;
create function k(i bigint) returns bigint language sql immutable as
  $$ select case when i > :n - 1000 then 1000 + i % 1000 when i % 4 = 0 then 0 else i % 2000 end $$;
create function fn(k bigint) returns text language sql immutable as $$ select '99990000' || lpad(k::text, 8, '0') $$;
create function at(i bigint) returns timestamptz language sql stable as
  $$ select now() - interval '400 days' + i * interval '1 second' $$;
)";

// Every hundredth failed; the last thousand wait in one way or another.
constexpr const char* kJournal = R"(
insert into fiscalizer.receipts (id, tenant, installation, cashbox, unique_id, pool, shard, state, revision,
  published_revision, sequence, position, attempts, generation_attempts, digest, digest_version, date_create_s, content,
  total_kopecks, accepted_at, changed_at, finished_at, error, fiscal, retry_by)
select id(i), 'tenant-' || k(i) % 1000, 'tenant-' || k(i) % 1000 || '-main', 'box', i::text, 'pool-' || k(i), i % 1024,
  state, 4, 4, i * 4, i * 4, 1, 1, sha256(i::text::bytea), 1, 1795435820 + i,
  case when i > n / 2 then decode(repeat('ab', 350), 'hex') end, 100, at(i), at(i), at(i),
  case state when 'failed' then 'no paper' else '' end,
  case state when 'done' then decode(repeat('cd', 90), 'hex') end, case i when 100 then 'anna' else '' end
from (select i, n, case when i > n - 200 then 'printing' when i > n - 500 then 'queued' when i > n - 750 then 'uncertain' when i > n - 1000 then 'held'
  when i % 100 = 0 then 'failed' else 'done' end as state
  from (select :n::bigint) s(n), generate_series(1, n) i) r;

insert into fiscalizer.posts (receipt, post_id, verdict, generation, digest, taken_in_at)
select id(i), md5('post' || i)::uuid, 'opened', 1, sha256(i::text::bytea), at(i) from generate_series(1, :n) i;

insert into fiscalizer.attempts (receipt, number, generation, kind, register, identity, tenant, pool, shard, epoch, key,
  request, remote_id, fn_before, fd_before, started_at, sent_at, finished_at, outcome, question, words)
select id(i), 1, 1, 'receipt', 'kkt-' || k(i), 'bit:' || k(i), 'tenant-' || k(i) % 1000, 'pool-' || k(i), i % 1024, 1,
  md5('key' || i), case when i > n / 2 then decode(repeat('ab', 700), 'hex') else '' end,
  case when i % 2 = 0 then 'remote-' || i else '' end, fn(k(i)), i, at(i), at(i), at(i),
  case when i > n - 200 then null when i > n - 500 then 'not_printed' when i > n - 1000 then 'unknown'
    when i % 100 = 0 then 'not_printed' else 'printed' end,
  case when i between n - 999 and n - 500 then 'asked' end, case when i % 100 = 0 then 'no paper' else '' end
from (select :n::bigint) s(n), generate_series(1, n) i;
insert into fiscalizer.attempts (kind, register, identity, tenant, pool, shard, epoch, key, request, fn_before,
  fd_before, outcome)
select case i % 2 when 0 then 'open_shift' else 'close_shift' end, 'kkt-' || i % 2000, 'bit:' || i % 2000,
  'tenant-' || i % 1000, 'pool-' || i % 2000, i % 1024, 1, md5('shift' || i), '', fn(i % 2000), i, 'printed'
from generate_series(1, :n / 50) i;

insert into fiscalizer.evidence (attempt, shard, send, final, provable, fact, cause, code, detail, document, remote_id,
  raw, decided, told_at)
select i, i % 1024, 1, true, true, case when i % 100 = 0 then 'not_printed' else 'printed' end, 'none', '', '',
  decode(repeat('cd', 90), 'hex'), '', case when i > n / 2 then decode(repeat('ef', 400), 'hex') else '' end, true, at(i)
from (select :n::bigint) s(n), generate_series(1, n) i;
insert into fiscalizer.documents (fn, fd, attempt, receipt)
select fn(k(i)), i, i, id(i) from generate_series(1, :n - 1000) i where i % 100 <> 0;

insert into fiscalizer.registers (identity, fn, highest_fd) select 'bit:' || i, fn(i), :n from generate_series(0, 1999) i;
insert into fiscalizer.storages (fn, identity, tenant)
select fn(i), 'bit:' || i, 'tenant-' || i % 1000 from generate_series(100, 1999) i;
insert into fiscalizer.audit_log select i, i, 'anna', '', '', 'held', 'receipt/' || id(i), sha256('')
from generate_series(1, :n / 20) i;
update fiscalizer.audit_head set number = :n / 20;
insert into fiscalizer.unreadable (topic, partition, record_offset, receipt, key, value, taken_in_at)
select 'kassaflow.receipts', i % 12, i, id(i), 'pool', decode(repeat('ab', 500), 'hex'), now() - i * interval '1 second' from generate_series(1, :n / 4) i;
)";

constexpr const char* kView = R"(
insert into status.receipts (id, tenant, installation, pool, state, revision, generation, accepted_at, outcome,
  pushed_at, push_due)
select id(i), 'tenant-' || k(i) % 1000, 'tenant-' || k(i) % 1000 || '-main', 'pool-' || k(i), state, 4, 1, at(i),
  decode(':outcome', 'hex'), case when i < n - 1200 then at(i) end,
  case when i between n - 1200 and n - 1001 then now() end
from (select i, n, case when i > n - 200 then 'printing' when i > n - 500 then 'queued' when i > n - 750 then 'uncertain' when i > n - 1000 then 'held'
  when i % 100 = 0 then 'failed' else 'done' end as state
  from (select :n::bigint) s(n), generate_series(1, n) i) r;
insert into status.posts (receipt, post_id, covered) select id(i), md5('post' || i)::uuid, true from generate_series(1, :n) i;
insert into status.portals (installation, due_at) select 'tenant-' || i || '-main', due
from generate_series(0, 999) i left join (select installation, min(push_due) as due from status.receipts
  where push_due is not null group by installation) d on installation = 'tenant-' || i || '-main';
insert into status.set_aside (topic, partition, log, record_offset, key, value, why, detail, set_aside_at)
select 'kassaflow.outcomes', i % 12, 0, i, '', '', 'unreadable', '', now() - i * interval '1 second' from generate_series(1, :n / 20) i;
)";

// Built once, behind the rows: that is quicker by far than row by row.
constexpr const char* kWithoutIndexes =
    "update pg_index set indisready = false where indrelid in (select oid from pg_class where relnamespace in "
    "('fiscalizer'::regnamespace, 'status'::regnamespace))";

std::string with(std::string sql, const std::string& name, const std::string& value) {
  for (auto at = sql.find(name); at != std::string::npos; at = sql.find(name, at)) sql.replace(at, name.size(), value);
  return sql;
}

// In hexadecimal. Of each receipt the same: only their size matters, and that they can be read.
std::string outcome() {
  v1::ReceiptOutcome outcome;
  outcome.set_receipt_id("11111111-2222-8333-8444-000000000001");
  outcome.set_revision(4);
  outcome.set_state(v1::RECEIPT_STATE_DONE);
  outcome.set_generation(1);
  outcome.set_tenant("tenant-0");
  outcome.set_installation("tenant-0-main");
  outcome.set_content_digest(std::string(32, 'd'));
  outcome.add_covered_post_ids("11111111-2222-7333-8444-000000000001");
  outcome.add_attempts()->set_register_("kkt-0");
  outcome.mutable_fiscal()->set_fn(storage_of(0));
  outcome.mutable_fiscal()->set_fd(1);
  const auto bytes = outcome.SerializeAsString();
  return hex(std::vector<unsigned char>(bytes.begin(), bytes.end()));
}

}  // namespace

std::int64_t history_size() {
  const char* given = std::getenv("KASSAFLOW_HISTORY");
  return given == nullptr ? 200'000 : std::stoll(given);
}

void write_history(const std::string& uri, std::int64_t receipts) {
  pqxx::connection connection(uri);
  pqxx::nontransaction session(connection);
  session.exec("create schema history; set search_path = history; set session_replication_role = replica");
  const auto size = std::to_string(receipts);
  session.exec(with(kFunctions, ":n", size));
  session.exec(kWithoutIndexes);
  session.exec(with(kJournal, ":n", size));
  session.exec(with(with(kView, ":outcome", outcome()), ":n", size));
  session.exec("select setval('fiscalizer.journal_sequence', " + std::to_string(receipts * 5) + ")");
  session.exec("reindex schema fiscalizer");
  session.exec("reindex schema status");
  session.exec("vacuum analyze");
}

std::string history_id(postgres_testing::Session& session, std::int64_t n) {
  return session.one("select history.id(" + std::to_string(n) + ")");
}

std::string storage_of(int pool) {
  char text[17];
  std::snprintf(text, sizeof text, "99990000%08d", pool);
  return text;
}
std::string identity_of(int pool) { return "bit:" + std::to_string(pool); }
std::string tenant_of(int pool) { return "tenant-" + std::to_string(pool % 1000); }

}  // namespace kassaflow::statements
