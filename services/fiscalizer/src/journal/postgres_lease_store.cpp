#include "postgres_lease_store.hpp"

#include <algorithm>
#include <map>
#include <pqxx/pqxx>
#include <set>
#include <stdexcept>

#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/database_run.hpp"

namespace kassaflow::fiscalizer::journal {

namespace asio = boost::asio;
using postgres::IntArray;
using postgres::TextArray;

namespace {

std::vector<WorkerRow> workers_of(const pqxx::result& rows) {
  std::vector<WorkerRow> workers;
  for (const auto& row : rows) {
    workers.push_back({WorkerId(row[0].as<std::string>()), row[1].as<std::int64_t>(), row[2].as<bool>()});
  }
  return workers;
}

std::vector<ShardRow> shards_of(const pqxx::result& rows) {
  std::vector<ShardRow> shards;
  for (const auto& row : rows) {
    shards.push_back({row[0].as<int>(), WorkerId(row[1].as<std::string>()), row[2].as<std::int64_t>()});
  }
  return shards;
}

// Until the transaction ends, ours is the only one of this worker. False: there is no such worker.
bool lock_own_row(pqxx::work& work, const WorkerId& self) {
  return !work.exec_params("select from workers where id = $1 for update", self.str()).empty();
}

// Of the dead those whose heartbeat stands where it stood, and stays there until the transaction ends. A row that is
// locked belongs to a worker that is just writing, or being taken from.
std::set<WorkerId> still_dead(pqxx::work& work, const std::vector<WorkerRow>& dead) {
  TextArray ids;
  IntArray heartbeats;
  for (const auto& worker : dead) {
    ids.add(worker.id.str());
    heartbeats.add(worker.heartbeat);
  }
  std::set<WorkerId> still;
  for (const auto& row :
       work.exec_params("select w.id from workers w join unnest($1::text[], $2::bigint[]) as seen(id, heartbeat) "
                        "using (id) where w.heartbeat = seen.heartbeat for update of w skip locked",
                        ids.str(), heartbeats.str())) {
    still.insert(WorkerId(row[0].as<std::string>()));
  }
  return still;
}

std::vector<ShardRow> take_over(pqxx::work& work, const WorkerId& self, const std::vector<ShardRow>& seen) {
  IntArray shards;
  IntArray epochs;
  TextArray workers;
  for (const auto& row : seen) {
    shards.add(row.shard);
    epochs.add(row.epoch);
    workers.add(row.worker.str());
  }
  return shards_of(
      work.exec_params("with wanted as (select s.shard from shards s "
                       "join unnest($2::int[], $3::bigint[], $4::text[]) as seen(shard, epoch, worker) using (shard) "
                       "where s.epoch = seen.epoch and coalesce(s.worker, '') = seen.worker order by s.shard for "
                       "update of s skip locked) "
                       "update shards s set worker = $1, epoch = s.epoch + 1 from wanted where s.shard = wanted.shard "
                       "returning s.shard, s.worker, s.epoch",
                       self.str(), shards.str(), epochs.str(), workers.str()));
}

void forget_idle(pqxx::work& work, const std::set<WorkerId>& workers) {
  TextArray ids;
  for (const auto& id : workers) ids.add(id.str());
  work.exec_params(
      "delete from workers w where w.id = any($1::text[]) and not exists (select from shards s where s.worker = w.id)",
      ids.str());
}

}  // namespace

asio::awaitable<Result<LeaseStore::Look>> PostgresLeaseStore::look(WorkerRow self) {
  co_return co_await database_.run([self = std::move(self)](pqxx::work& work) {
    work.exec_params(
        "insert into workers (id, heartbeat, leaving) values ($1, $2, $3) "
        "on conflict (id) do update set heartbeat = workers.heartbeat + 1, leaving = excluded.leaving",
        self.id.str(), self.heartbeat, self.leaving);
    Look seen;
    seen.shards = shards_of(work.exec("select shard, coalesce(worker, ''), epoch from shards order by shard"));
    // A holder without a row could be neither watched nor locked.
    work.exec_params(
        "insert into workers (id, heartbeat) select s.worker, $1::bigint from (select distinct worker from shards "
        "where worker is not null) s where not exists (select from workers w where w.id = s.worker) "
        "on conflict (id) do nothing",
        self.heartbeat);
    seen.workers = workers_of(work.exec("select id, heartbeat, leaving from workers"));
    return seen;
  });
}

asio::awaitable<Result<LeaseStore::Changed>> PostgresLeaseStore::change(WorkerId self, Change change) {
  co_return co_await database_.run([self, change = std::move(change)](pqxx::work& work) {
    if (!lock_own_row(work, self)) throw std::runtime_error("others took this worker for dead and forgot it");
    const auto dead = still_dead(work, change.dead);
    auto wanted = change.take_over;
    std::erase_if(wanted, [&](const ShardRow& row) { return !row.worker.empty() && !dead.contains(row.worker); });
    Changed changed;
    changed.taken = take_over(work, self, wanted);
    IntArray released;
    for (const int shard : change.release) released.add(shard);
    changed.released = work.exec_params(
                               "with ours as (select shard from shards where worker = $1 and shard = any($2::int[]) "
                               "order by shard for update skip locked) "
                               "update shards s set worker = null from ours where s.shard = ours.shard",
                               self.str(), released.str())
                           .affected_rows();
    forget_idle(work, dead);
    return changed;
  });
}

asio::awaitable<Result<std::monostate>> PostgresLeaseStore::sign_off(WorkerId self, std::vector<int> busy) {
  co_return co_await database_.run([self, busy = std::move(busy)](pqxx::work& work) {
    lock_own_row(work, self);
    IntArray kept;
    for (const int shard : busy) kept.add(shard);
    work.exec_params("update shards set worker = null where worker = $1 and shard <> all($2::int[])", self.str(),
                     kept.str());
    forget_idle(work, {self});
    return std::monostate{};
  });
}

}  // namespace kassaflow::fiscalizer::journal
