// Two to five workers on virtual time, from a seed: outages of the store, roads that break and take their time,
// processes that stand still, die, come and leave. Never is a shard taken from, or given away by, a worker that may
// still believe it holds it; never does something start or leave on a shard that is not its worker's in the store
// (exactly-once.md 3 and 4).

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <deque>
#include <memory>
#include <random>

#include "kassaflow/receipts/id.hpp"
#include "lease_store_suite.hpp"
#include "leases.hpp"
#include "manual_clock.hpp"
#include "memory_lease_store.hpp"
#include "test_seed.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using async::Clock;

constexpr auto kLease = 10s;
constexpr int kShards = receipts::kShards;
constexpr std::size_t kMost = 5;

class Town {
 public:
  Town(std::uint32_t seed, std::size_t workers) : random_(seed) {
    store_.passable = [this](const WorkerId& id) { return clock_.now() >= away_until_ && !worker(id).cut_off(clock_); };
    store_.road = [this](const WorkerId&) {
      const bool storm = clock_.now() < storm_until_;
      return journal::MemoryLeaseStore::Road{draw(0, storm ? 7000 : 20), draw(0, storm ? 7000 : 20)};
    };
    store_.on_gone = [this](const ShardRow& was, const WorkerId& by) { gone(was, by); };
    for (std::size_t i = 0; i < workers; ++i) {
      add();
      pass(draw(0, 2000), false);
    }
  }
  // What is on its way arrives while there is somebody to hear it.
  ~Town() {
    for (int time = 0; time < 3; ++time) {
      clock_.advance(1min);
      server_.restart();
      server_.poll();
    }
  }

  // Milliseconds between both.
  Clock::duration draw(int from, int to) {
    return std::chrono::milliseconds(std::uniform_int_distribution<int>(from, to)(random_));
  }
  bool one_in(int n) { return std::uniform_int_distribution<int>(1, n)(random_) == 1; }

  // The store, for all; then one finds it again a little later than the other.
  void all_away(Clock::duration time) {
    away_until_ = clock_.now() + time;
    for (auto& one : workers_) one->cut_until = std::max(one->cut_until, away_until_ + draw(0, 1500));
  }

  // Lets time pass, with bad days when `troubled`.
  void pass(Clock::duration time, bool troubled) {
    const auto until = clock_.now() + time;
    while (clock_.now() < until && !testing::Test::HasFailure()) {
      if (troubled) trouble();
      const auto next = std::min({clock_.next(), clock_.now() + 400ms, until});
      if (next > clock_.now()) clock_.advance(next - clock_.now());
      turn();
      for (auto& one : workers_) work(*one);
      if (++steps_ % 10 == 0) believe_only_what_is_so();
    }
  }

  void heal() {
    away_until_ = storm_until_ = clock_.now();
    for (auto& one : workers_) one->cut_until = one->frozen_until = clock_.now();
  }

  void expect_all_shards_are_held_in_fair_shares() {
    std::size_t living = 0;
    std::ptrdiff_t held = 0;
    for (const auto& one : workers_) {
      if (!one->works()) continue;
      ++living;
      held += store_.held_by(one->id);
    }
    EXPECT_EQ(held, kShards) << living << " workers";
    for (const auto& one : workers_) {
      if (one->works()) {
        EXPECT_LE(store_.held_by(one->id), (kShards + living - 1) / living) << one->id.str();
      }
    }
  }

  [[nodiscard]] std::vector<std::int64_t> epochs() const {
    std::vector<std::int64_t> epochs;
    for (const auto& row : store_.shards()) epochs.push_back(row.epoch);
    return epochs;
  }
  [[nodiscard]] int taken() const { return taken_; }
  [[nodiscard]] int written() const { return written_; }

 private:
  struct Worker {
    Worker(WorkerId name, Clock& clock, LeaseStore& store)
        : id(std::move(name)), leases(io.get_executor(), io.get_executor(), clock, store, {id, kLease}) {
      leases.busy_when([this] {
        std::set<int> shards;
        for (const auto& [shard, attempt] : under_way) shards.insert(shard);
        return shards;
      });
    }
    [[nodiscard]] bool works() const { return !dead && !leaving; }
    [[nodiscard]] bool runs(const Clock& clock) const { return !dead && clock.now() >= frozen_until; }
    [[nodiscard]] bool cut_off(const Clock& clock) const { return clock.now() < cut_until; }

    struct Attempt {
      Fence fence;
      Clock::time_point writes, ends;
      bool written = false;
    };
    WorkerId id;
    asio::io_context io;
    Leases leases;
    std::map<int, Attempt> under_way;
    Clock::time_point frozen_until{}, cut_until{};
    bool dead = false;
    bool leaving = false;
    bool stopping = false;
  };
  struct Lost {
    Worker* holder;
    Fence fence;
    Clock::time_point at;
  };

  void add() {
    const WorkerId id("w" + std::to_string(workers_.size()));
    workers_.push_back(std::make_unique<Worker>(id, clock_, store_));
    asio::co_spawn(workers_.back()->io, workers_.back()->leases.run(), asio::detached);
  }
  Worker& worker(const WorkerId& id) { return *workers_.at(std::stoul(id.str().substr(1))); }
  Worker& any() { return *workers_[std::uniform_int_distribution<std::size_t>(0, workers_.size() - 1)(random_)]; }

  // Until nobody has anything to do at this moment.
  void turn() {
    for (bool busy = true; busy;) {
      server_.restart();
      busy = server_.poll() > 0;
      for (auto& one : workers_) {
        if (!one->runs(clock_)) continue;
        one->io.restart();
        busy = one->io.poll() > 0 || busy;
      }
    }
  }

  void trouble() {
    if (one_in(500)) all_away(draw(100, 40'000));
    if (one_in(500)) storm_until_ = clock_.now() + draw(100, 30'000);
    if (one_in(200)) any().cut_until = clock_.now() + draw(100, 40'000);
    if (one_in(200)) any().frozen_until = clock_.now() + draw(100, 60'000);
    const auto working = std::ranges::count_if(workers_, [](const auto& one) { return one->works(); });
    if (one_in(600) && working > 1) any().dead = true;
    if (one_in(600) && working > 1) leave(any());
    if (one_in(300) && working < static_cast<std::ptrdiff_t>(kMost)) add();
  }

  void leave(Worker& worker) {
    if (worker.leaving || !worker.runs(clock_)) return;
    worker.leaving = true;
    worker.leases.leave();
  }

  // As lanes do: start, connect, write, wait for the answer.
  void work(Worker& worker) {
    if (!worker.runs(clock_)) return;
    if (one_in(5)) {
      const int shard = std::uniform_int_distribution<int>(0, kShards - 1)(random_);
      const auto fence = worker.leases.may_start(shard);
      if (fence && !worker.under_way.contains(shard)) {
        const auto writes = clock_.now() + draw(0, 6000);
        worker.under_way[shard] = {*fence, writes, writes + draw(0, 15'000)};
      }
    }
    for (auto entry = worker.under_way.begin(); entry != worker.under_way.end();) {
      const bool over = !goes_on(worker, entry->first, entry->second);
      entry = over ? worker.under_way.erase(entry) : std::next(entry);
    }
    if (worker.leaving && !worker.stopping && worker.under_way.empty()) {
      worker.stopping = true;
      asio::co_spawn(worker.io, worker.leases.stop(), asio::detached);
    }
  }

  bool goes_on(const Worker& worker, int shard, Worker::Attempt& attempt) {
    if (!attempt.written && clock_.now() >= attempt.writes) {
      const auto until = worker.leases.held_until(attempt.fence);
      if (!until || *until - clock_.now() < Leases::kMargin) return false;  // the guard says no
      attempt.written = true;
      ++written_;
      EXPECT_EQ(store_.shard(shard), (ShardRow{shard, worker.id, attempt.fence.epoch}));
    }
    return clock_.now() < attempt.ends;
  }

  void gone(const ShardRow& was, const WorkerId& by) {
    auto& holder = worker(was.worker);
    lost_.push_back({&holder, {was.shard, was.epoch}, clock_.now()});
    expect_not_believed(lost_.back());
    if (by.empty()) {
      EXPECT_FALSE(holder.under_way.contains(was.shard)) << was.worker.str() << " released " << was.shard;
    } else {
      ++taken_;
    }
  }

  void expect_not_believed(const Lost& lost) {
    const auto until = lost.holder->leases.held_until(lost.fence);
    EXPECT_FALSE(until && *until > clock_.now()) << lost.holder->id.str() << " still believes in shard "
                                                 << lost.fence.shard << " under epoch " << lost.fence.epoch;
  }
  void believe_only_what_is_so() {
    while (!lost_.empty() && clock_.now() - lost_.front().at > 1min) lost_.pop_front();
    for (const auto& lost : lost_) expect_not_believed(lost);
  }

  std::mt19937 random_;
  asio::io_context server_;
  async::ManualClock clock_;
  journal::Memory memory_{clock_};
  journal::MemoryLeaseStore store_{server_.get_executor(), clock_, memory_};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::deque<Lost> lost_;
  Clock::time_point away_until_{}, storm_until_{};
  int steps_ = 0;
  int taken_ = 0;
  int written_ = 0;
};

TEST(LeasesOutages, Rule4_NothingIsTakenFromOneWhoMayStillBelieveInIt) {
  const auto first = test_seed(1);
  int taken = 0;
  int written = 0;
  for (std::uint32_t seed = first; seed < first + 40; ++seed) {
    SCOPED_TRACE(seed_note(seed));
    Town town(seed, 2 + seed % 4);
    town.pass(3min, true);
    town.heal();
    town.pass(5 * kLease, false);
    town.expect_all_shards_are_held_in_fair_shares();
    taken += town.taken();
    written += town.written();
    if (HasFailure()) return;
  }
  EXPECT_GT(taken, 1000) << "the days were not bad enough";
  EXPECT_GT(written, 1000);
}

// An outage that all workers suffer moves nothing, however long it is and whoever is back first.
TEST(LeasesOutages, Rule4_AfterAnOutageAllHoldWhatTheyHeld) {
  for (const Clock::duration outage :
       {Clock::duration(1s), Clock::duration(3s), Clock::duration(5s), Clock::duration(9s), Clock::duration(11s),
        Clock::duration(30s), Clock::duration(2min)}) {
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(std::to_string(outage / 1s) + " s, seed " + std::to_string(seed));
      Town town(seed, 2 + seed % 4);
      town.pass(4 * kLease, false);
      town.expect_all_shards_are_held_in_fair_shares();
      const auto before = town.epochs();
      town.all_away(outage);
      town.pass(outage + 4 * kLease, false);
      EXPECT_EQ(town.epochs(), before);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace kassaflow::fiscalizer
