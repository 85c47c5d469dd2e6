#include "leases.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>

#include "kassaflow/base/report.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using async::Clock;

namespace {
constexpr int kLooks = 5;  // in a lease: one may fail without a gap in the watch
}  // namespace

Observer::Watch Observer::watch(const Look& look, Clock::duration lease) {
  Watch watch;
  // At the longest: the look before may have read when it began, and this one when it ended. Up to half a lease is
  // none: whoever could not write while we could not look still has the other half to be heard of before he is called
  // dead.
  const auto gap = last_ ? look.ended - *last_ : Clock::duration::zero();
  // The dead stay dead: a heartbeat never repeats, so until it moves that lease is over. Were they alive again after
  // each gap, the others would give their shares away to them.
  if (gap > lease / 2) std::erase_if(seen_, [](const auto& entry) { return !entry.second.dead; });
  watch.lapsed = gap > lease;
  last_ = look.began;
  std::map<WorkerId, Seen> next;
  for (const auto& worker : look.workers) {
    const auto known = seen_.find(worker.id);
    const bool moved = known == seen_.end() || known->second.heartbeat != worker.heartbeat;
    Seen seen = moved ? Seen{worker.heartbeat, look.ended} : known->second;
    seen.dead = seen.dead || look.began - seen.since >= lease;
    (seen.dead ? watch.dead : watch.alive).push_back(worker);
    next.emplace(worker.id, seen);
  }
  seen_ = std::move(next);
  return watch;
}

Rebalance rebalance(const WorkerId& self, const std::vector<WorkerRow>& alive, const std::vector<ShardRow>& shards) {
  std::set<WorkerId> living;
  std::size_t others = 0;  // that stay
  bool leaving = false;
  for (const auto& worker : alive) {
    living.insert(worker.id);
    if (worker.id == self) {
      leaving = worker.leaving;
    } else if (!worker.leaving) {
      ++others;
    }
  }
  const std::size_t share = leaving ? 0 : (receipts::kShards + others) / (others + 1);

  Rebalance result;
  std::vector<int> ours;
  const WorkerId* holder = nullptr;
  bool holder_lives = false;
  for (const auto& row : shards) {
    if (row.worker == self) {
      ours.push_back(row.shard);
    } else if (row.worker.empty()) {
      result.take_over.push_back(row);
    } else {
      if (holder == nullptr || *holder != row.worker) {  // most neighbours are of one worker
        holder = &row.worker;
        holder_lives = living.contains(row.worker);
      }
      if (!holder_lives) result.take_over.push_back(row);
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

std::int64_t first_heartbeat() {
  thread_local std::random_device random;  // a worker draws at each look
  return std::uniform_int_distribution<std::int64_t>(1, INT64_C(1) << 62)(random);
}

Leases::Leases(asio::any_io_executor keeper, asio::any_io_executor lanes, Clock& clock, LeaseStore& store,
               Options options)
    : keeper_(std::move(keeper)),
      lanes_(std::move(lanes)),
      clock_(clock),
      store_(store),
      options_(std::move(options)),
      wake_(keeper_, clock),
      stopped_(lanes_, clock) {}

asio::awaitable<void> Leases::run() {
  while (!stopping()) {
    co_await look();
    co_await wake_.wait_for(options_.lease / kLooks);
  }
  co_await sign_off();
  asio::post(lanes_, [this] {
    signed_off_ = true;
    stopped_.notify();
  });
}

asio::awaitable<void> Leases::look() {
  const auto& self = options_.worker;
  const auto began = clock_.now();
  auto seen = co_await store_.look({self, first_heartbeat(), leaving()});
  if (!seen) {
    report(log::Level::warn, "lease.renew_failed", seen.error());
    co_return;
  }
  const auto watch = observer_.watch({began, clock_.now(), seen->workers}, options_.lease);
  auto next = rebalance(self, watch.alive, seen->shards);
  Epochs ours;
  for (const auto& row : seen->shards) {
    if (row.worker == self) ours.emplace_hint(ours.end(), row.shard, row.epoch);
  }
  LeaseStore::Change change;
  change.dead = watch.dead;

  bool changed = false;
  bool gives = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) co_return;
    if (!leaving_ && !watch.lapsed) change.take_over = std::move(next.take_over);
    std::set<int> releasing(next.release.begin(), next.release.end());
    std::erase_if(given_up_, [&](int shard) { return !ours.contains(shard); });
    change.release.assign(given_up_.begin(), given_up_.end());
    std::erase_if(ours, [this](const auto& row) { return given_up_.contains(row.first); });
    changed = ours != epochs_ || releasing != releasing_;
    gives = !releasing.empty();
    if (changed) {
      epochs_ = std::move(ours);
      know_held();
    }
    releasing_ = std::move(releasing);
    // Others may count on us for a lease from the moment we began to write: nobody can have seen the new heartbeat
    // before.
    valid_until_ = began + options_.lease;
  }
  if (changed || gives) tell_lanes(changed);
  if (change.take_over.empty() && change.release.empty() && change.dead.empty()) co_return;

  std::set<int> of_the_dead;
  for (const auto& row : change.take_over) {
    if (!row.worker.empty()) of_the_dead.insert(row.shard);
  }
  const auto done = co_await store_.change(self, std::move(change));
  if (!done) {  // the next look shows what became of it
    report(log::Level::warn, "lease.change_failed", done.error());
    co_return;
  }
  std::size_t held = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) co_return;
    for (const auto& row : done->taken) {
      epochs_[row.shard] = row.epoch;
      ++(of_the_dead.contains(row.shard) ? takeovers_.expired : takeovers_.released);
    }
    know_held();
    held = epochs_.size();
  }
  if (done->released > 0) log::info("lease.released", {{"shards", done->released}, {"held", held}});
  if (done->taken.empty()) co_return;
  log::info("lease.claimed", {{"shards", done->taken.size()}, {"held", held}});
  tell_lanes(true);
}

void Leases::tell_lanes(bool changed) {
  asio::post(lanes_, [this, changed] {
    if (changed) on_change_();
    give_up_idle();
  });
}

// A shard leaves our own books first: from here on nothing can be started on it, and the store may give it to others.
void Leases::give_up_idle() {
  const auto busy = busy_();
  bool any = false;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(epochs_, [&](const auto& held) {
      const bool goes = (leaving_ || releasing_.contains(held.first)) && !busy.contains(held.first);
      if (goes) given_up_.insert(held.first);
      any = any || goes;
      return goes;
    });
    if (any) know_held();
  }
  if (any) wake_keeper();
}

void Leases::wake_keeper() {
  asio::post(keeper_, [this] { wake_.notify(); });
}

void Leases::leave() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  give_up_idle();
  wake_keeper();
}

asio::awaitable<void> Leases::stop() {
  auto busy = busy_();
  {
    const std::lock_guard lock(mutex_);
    busy_at_stop_ = std::move(busy);
    epochs_.clear();
    know_held();
    stopping_ = true;
  }
  wake_keeper();
  while (!signed_off_) co_await stopped_.wait();
}

asio::awaitable<void> Leases::sign_off() {
  const auto done = co_await store_.sign_off(options_.worker, {busy_at_stop_.begin(), busy_at_stop_.end()});
  if (!done) report(log::Level::warn, "lease.sign_off_failed", done.error());
}

bool Leases::leaving() const {
  const std::lock_guard lock(mutex_);
  return leaving_;
}

bool Leases::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::optional<Fence> Leases::may_start(int shard) const {
  if (!may_start_) return std::nullopt;
  const std::lock_guard lock(mutex_);
  if (leaving_ || releasing_.contains(shard) || valid_until_ - clock_.now() <= kMargin) return std::nullopt;
  const auto found = epochs_.find(shard);
  if (found == epochs_.end()) return std::nullopt;
  return Fence{shard, found->second};
}

bool Leases::holds(const Fence& fence) const { return held_until(fence).has_value(); }

std::optional<Clock::time_point> Leases::held_until(const Fence& fence) const {
  const std::lock_guard lock(mutex_);
  const auto found = epochs_.find(fence.shard);
  if (found == epochs_.end() || found->second != fence.epoch) return std::nullopt;
  return valid_until_;
}

Leases::Takeovers Leases::takeovers() const {
  const std::lock_guard lock(mutex_);
  return takeovers_;
}

Leases::Epochs Leases::kept() const {
  const std::lock_guard lock(mutex_);
  if (leaving_) return {};
  auto kept = epochs_;
  for (const int shard : releasing_) kept.erase(shard);
  return kept;
}

std::vector<int> Leases::held() const {
  const std::lock_guard lock(mutex_);
  return held_;
}

// It is asked for far more often than it changes.
void Leases::know_held() {
  held_.clear();
  for (const auto& [shard, epoch] : epochs_) held_.push_back(shard);
}

}  // namespace kassaflow::fiscalizer
