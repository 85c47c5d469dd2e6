#pragma once
// The leases' store in memory, on virtual time, with roads to it that take time and break. lease_store_suite.hpp runs
// over it and over PostgreSQL alike, so that it cannot lie.
//
// One thread.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

#include "kassaflow/async/pause.hpp"
#include "lease_store.hpp"
#include "memory_store.hpp"

namespace kassaflow::fiscalizer::journal {

class MemoryLeaseStore final : public LeaseStore {
 public:
  // What has reached `server` happens there, whatever becomes of the worker that asked.
  MemoryLeaseStore(boost::asio::any_io_executor server, async::Clock& clock, Memory& memory)
      : server_(std::move(server)), clock_(clock), memory_(memory) {}

  struct Road {
    async::Clock::duration there{}, back{};
  };
  std::function<Road(const WorkerId&)> road = [](const WorkerId&) { return Road{}; };
  // Asked when a request arrives and when its answer leaves.
  std::function<bool(const WorkerId&)> passable = [](const WorkerId&) { return true; };
  // A shard leaves its holder, as the row was; empty `by`: it was released.
  std::function<void(const ShardRow& was, const WorkerId& by)> on_gone = [](const ShardRow&, const WorkerId&) {};

  [[nodiscard]] const ShardRow& shard(int number) const { return shards().at(static_cast<std::size_t>(number)); }
  [[nodiscard]] std::vector<ShardRow>& shards() const { return memory_.holders().shards; }
  [[nodiscard]] std::ptrdiff_t held_by(const WorkerId& worker) const {
    return std::ranges::count(shards(), worker, &ShardRow::worker);
  }
  [[nodiscard]] std::int64_t heartbeat(const WorkerId& worker) const { return workers().at(worker).heartbeat; }
  [[nodiscard]] bool knows(const WorkerId& worker) const { return workers().contains(worker); }
  // As a person with psql.
  void set(const ShardRow& row) { shards().at(static_cast<std::size_t>(row.shard)) = row; }
  void set(const WorkerRow& row) { workers()[row.id] = row; }
  void forget(const WorkerId& worker) { workers().erase(worker); }

  boost::asio::awaitable<Result<Look>> look(WorkerRow self) override {
    return ask<Look>(self.id, [this, self] { return look_now(self); });
  }
  boost::asio::awaitable<Result<Changed>> change(WorkerId self, Change change) override {
    return ask<Changed>(self, [this, self, change = std::move(change)] { return change_now(self, change); });
  }
  boost::asio::awaitable<Result<std::monostate>> sign_off(WorkerId self, std::vector<int> busy) override {
    return ask<std::monostate>(self, [this, self, busy = std::move(busy)] {
      for (auto& row : shards()) {
        if (row.worker == self && std::ranges::find(busy, row.shard) == busy.end()) give(row, {});
      }
      if (held_by(self) == 0) workers().erase(self);
      return std::monostate{};
    });
  }

 private:
  [[nodiscard]] std::map<WorkerId, WorkerRow>& workers() const { return memory_.holders().workers; }

  template <class T>
  boost::asio::awaitable<Result<T>> ask(WorkerId self, std::function<Result<T>()> transaction) {
    co_return co_await boost::asio::co_spawn(server_, serve<T>(this, std::move(self), std::move(transaction)),
                                             boost::asio::use_awaitable);
  }
  template <class T>
  static boost::asio::awaitable<Result<T>> serve(MemoryLeaseStore* store, WorkerId self,
                                                 std::function<Result<T>()> transaction) {
    const auto road = store->road(self);
    co_await async::pause_for(store->clock_, road.there);
    if (!store->passable(self)) co_return fail(postgres::kUnavailable, "no way there");
    auto result = transaction();
    co_await async::pause_for(store->clock_, road.back);
    if (!store->passable(self)) co_return fail(postgres::kInDoubt, "no way back");
    co_return result;
  }

  Look look_now(const WorkerRow& self) {
    const auto [mine, added] = workers().try_emplace(self.id, self);
    if (!added) ++mine->second.heartbeat;
    mine->second.leaving = self.leaving;
    Look seen;
    seen.shards = shards();
    const WorkerId* last = nullptr;  // most neighbours are of one worker
    for (const auto& row : shards()) {
      if (row.worker.empty() || (last != nullptr && *last == row.worker)) continue;
      workers().try_emplace(row.worker, WorkerRow{row.worker, self.heartbeat});
      last = &row.worker;
    }
    for (const auto& [id, worker] : workers()) seen.workers.push_back(worker);
    return seen;
  }

  Result<Changed> change_now(const WorkerId& self, const Change& change) {
    if (!workers().contains(self)) return fail(postgres::kRefused, "forgotten");
    std::vector<WorkerId> dead;
    for (const auto& worker : change.dead) {
      const auto found = workers().find(worker.id);
      if (found != workers().end() && found->second.heartbeat == worker.heartbeat) dead.push_back(worker.id);
    }
    Changed changed;
    for (const auto& seen : change.take_over) {
      auto& row = shards().at(static_cast<std::size_t>(seen.shard));
      const bool free = seen.worker.empty() || std::ranges::find(dead, seen.worker) != dead.end();
      if (!free || row != seen) continue;
      give(row, self);
      changed.taken.push_back(row);
    }
    for (const int number : change.release) {
      auto& row = shards().at(static_cast<std::size_t>(number));
      if (row.worker != self) continue;
      give(row, {});
      ++changed.released;
    }
    for (const auto& id : dead) {
      if (held_by(id) == 0) workers().erase(id);
    }
    return changed;
  }

  void give(ShardRow& row, const WorkerId& to) {
    if (!row.worker.empty()) on_gone(row, to);
    row.worker = to;
    if (!to.empty()) ++row.epoch;
  }

  boost::asio::any_io_executor server_;
  async::Clock& clock_;
  Memory& memory_;
};

}  // namespace kassaflow::fiscalizer::journal
