#include "leases.hpp"

#include <signal.h>
#include <time.h>

#include <algorithm>
#include <pqxx/pqxx>
#include <set>

#include "kassaflow/base/report.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/postgres/arrays.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::fiscalizer {

using async::Clock;
using postgres::IntArray;
using postgres::TextArray;

std::vector<WorkerId> Observer::alive(const std::vector<WorkerRow>& workers, Clock::time_point now,
                                      Clock::duration lease) {
  std::vector<WorkerId> result;
  std::map<WorkerId, Seen> next;
  for (const auto& worker : workers) {
    const auto known = seen_.find(worker.id);
    const bool moved = known == seen_.end() || known->second.heartbeat != worker.heartbeat;
    const Seen seen{worker.heartbeat, moved ? now : known->second.since};
    if (now - seen.since < lease) result.push_back(worker.id);
    next.emplace(worker.id, seen);
  }
  seen_ = std::move(next);
  return result;
}

Rebalance rebalance(const WorkerId& self, const std::vector<WorkerId>& alive, const std::vector<ShardRow>& shards) {
  const std::set<WorkerId> living(alive.begin(), alive.end());
  const std::size_t workers = std::max<std::size_t>(1, living.size() + (living.contains(self) ? 0 : 1));
  const std::size_t share = (receipts::kShards + workers - 1) / workers;

  Rebalance result;
  std::vector<int> ours;
  for (const auto& row : shards) {
    if (row.worker == self) {
      ours.push_back(row.shard);
    } else if (row.worker.empty() || !living.contains(row.worker)) {
      result.take_over.push_back(row);
    }
  }
  if (ours.size() > share) {
    result.release.assign(ours.begin() + static_cast<std::ptrdiff_t>(share), ours.end());
    result.take_over.clear();
  } else if (result.take_over.size() > share - ours.size()) {
    result.take_over.resize(share - ours.size());
  }
  return result;
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
  std::vector<ShardRow> claimed;
  for (const auto& row :
       work.exec_params("update shards s set worker = $1, epoch = s.epoch + 1 "
                        "from unnest($2::int[], $3::bigint[], $4::text[]) as seen(shard, epoch, worker) "
                        "where s.shard = seen.shard and s.epoch = seen.epoch and coalesce(s.worker, '') = seen.worker "
                        "returning s.shard, s.epoch",
                        self.str(), shards.str(), epochs.str(), workers.str())) {
    claimed.push_back({row[0].as<int>(), self, row[1].as<std::int64_t>()});
  }
  return claimed;
}

Leases::Leases(boost::asio::any_io_executor executor, Clock& clock, postgres::Database& database, Options options)
    : executor_(executor), clock_(clock), database_(database), options_(std::move(options)), wake_(executor, clock) {}

boost::asio::awaitable<void> Leases::run() {
  while (!stopping_) {
    co_await tick();
    co_await wake_.wait_for(options_.lease / 5);
  }
}

boost::asio::awaitable<void> Leases::tick() {
  struct Look {
    std::vector<WorkerRow> workers;
    std::vector<ShardRow> shards;
  };
  const auto self = options_.worker;
  const auto before = clock_.now();
  auto look = co_await database_.run([self](pqxx::work& work) {
    work.exec_params(
        "insert into workers (id, heartbeat) values ($1, 1) on conflict (id) do update set heartbeat = "
        "workers.heartbeat + 1",
        self.str());
    Look seen;
    for (const auto& row : work.exec("select id, heartbeat from workers")) {
      seen.workers.push_back({WorkerId(row[0].as<std::string>()), row[1].as<std::int64_t>()});
    }
    for (const auto& row : work.exec("select shard, coalesce(worker, ''), epoch from shards order by shard")) {
      seen.shards.push_back({row[0].as<int>(), WorkerId(row[1].as<std::string>()), row[2].as<std::int64_t>()});
    }
    return seen;
  });
  if (!look) {
    report(log::Level::warn, "lease.renew_failed", look.error());
    co_return;
  }
  std::map<int, std::int64_t> ours;
  for (const auto& row : look->shards) {
    if (row.worker == self) ours.emplace(row.shard, row.epoch);
  }
  // What was lost is dropped before the lease is seen as renewed: no byte may leave under an epoch that is over.
  const auto lost = std::erase_if(epochs_, [&](const auto& held) {
    const auto still = ours.find(held.first);
    return still == ours.end() || still->second != held.second;
  });
  // Others may count on us for a lease from the moment we began to write: nobody can have seen the new counter before.
  valid_until_ = before + options_.lease;
  const auto alive = observer_.alive(look->workers, clock_.now(), options_.lease);
  const auto next = rebalance(self, alive, look->shards);
  const bool releases_others = releasing_ != next.release;
  releasing_ = next.release;
  if (releases_others) on_change_();  // lanes stop, so that their shards can be released

  std::vector<int> release;
  std::copy_if(releasing_.begin(), releasing_.end(), std::back_inserter(release),
               [this](int shard) { return !busy_(shard); });
  std::vector<WorkerId> dead;
  for (const auto& worker : look->workers) {
    if (std::find(alive.begin(), alive.end(), worker.id) == alive.end()) dead.push_back(worker.id);
  }

  if (!next.take_over.empty() || !release.empty() || !dead.empty()) {
    auto changed = co_await database_.run([self, wanted = next.take_over, release, dead](pqxx::work& work) {
      auto claimed = take_over(work, self, wanted);
      IntArray given;
      for (const int shard : release) given.add(shard);
      work.exec_params("update shards set worker = null where worker = $1 and shard = any($2::int[])", self.str(),
                       given.str());
      TextArray gone;
      for (const auto& id : dead) gone.add(id.str());
      work.exec_params(
          "delete from workers w where w.id = any($1::text[]) and not exists (select 1 from shards s where s.worker = "
          "w.id)",
          gone.str());
      return claimed;
    });
    if (changed) {
      for (const auto& row : *changed) ours[row.shard] = row.epoch;
      for (const int shard : release) ours.erase(shard);
      if (!changed->empty()) log::info("lease.claimed", {{"shards", changed->size()}, {"held", ours.size()}});
      if (!release.empty()) log::info("lease.released", {{"shards", release.size()}, {"held", ours.size()}});
    } else {
      report(log::Level::warn, "lease.change_failed", changed.error());
    }
  }
  if (lost > 0 || ours != epochs_) {
    epochs_ = std::move(ours);
    on_change_();
  }
}

boost::asio::awaitable<void> Leases::stop() {
  stopping_ = true;
  wake_.notify();
  std::vector<int> idle;
  for (const auto& [shard, epoch] : epochs_) {
    if (!busy_(shard)) idle.push_back(shard);
  }
  const bool all = idle.size() == epochs_.size();
  epochs_.clear();
  const auto self = options_.worker;
  const auto done = co_await database_.run([self, idle, all](pqxx::work& work) {
    IntArray shards;
    for (const int shard : idle) shards.add(shard);
    work.exec_params("update shards set worker = null where worker = $1 and shard = any($2::int[])", self.str(),
                     shards.str());
    if (all) work.exec_params("delete from workers where id = $1", self.str());
    return true;
  });
  if (!done) report(log::Level::warn, "lease.sign_off_failed", done.error());
}

std::optional<Fence> Leases::may_start(int shard) const {
  if (stopping_ || remaining() <= LeaseGuard::kMargin || releasing(shard)) return std::nullopt;
  const auto found = epochs_.find(shard);
  if (found == epochs_.end()) return std::nullopt;
  return Fence{shard, found->second};
}

bool Leases::holds(const Fence& fence) const {
  const auto found = epochs_.find(fence.shard);
  return found != epochs_.end() && found->second == fence.epoch;
}

bool Leases::releasing(int shard) const {
  return std::find(releasing_.begin(), releasing_.end(), shard) != releasing_.end();
}

std::vector<int> Leases::held() const {
  std::vector<int> shards;
  for (const auto& [shard, epoch] : epochs_) shards.push_back(shard);
  return shards;
}

bool LifeTimer::arm(Clock::duration life) {
  disarm();
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGKILL;
  timer_t timer{};
  if (timer_create(CLOCK_BOOTTIME, &event, &timer) != 0) return false;
  timer_ = timer;
  const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(life).count();
  itimerspec when{};
  when.it_value.tv_sec = ns / 1'000'000'000;
  when.it_value.tv_nsec = ns % 1'000'000'000;
  return timer_settime(timer, 0, &when, nullptr) == 0;
}

void LifeTimer::disarm() {
  if (timer_) timer_delete(*timer_);
  timer_.reset();
}

std::optional<LeaseGuard::Clock::time_point> LeaseGuard::arm() {
  const auto remaining = leases_.remaining();
  if (remaining < kMargin || !leases_.holds(fence_) || !life_.arm(remaining)) return std::nullopt;
  return leases_.valid_until() - kSpare;
}

}  // namespace kassaflow::fiscalizer
