#include "dispatcher.hpp"

#include <algorithm>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/base/report.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;

namespace {
constexpr std::chrono::milliseconds kLook{200};  // another worker may have taken in a receipt of ours
constexpr int kRest = 20;                        // times as long as a look took, nobody looks again
constexpr int kLongestWindow = 1024;
// Until a receipt is offered again to a register that could not express it: the pool may have been corrected.
constexpr std::chrono::seconds kUnable{10};
}  // namespace

RegisterId choose(const std::vector<FreeLane>& free, const std::set<RegisterId>& unable) {
  const FreeLane* best = nullptr;
  for (const auto& lane : free) {
    if (unable.contains(lane.register_id)) continue;
    const bool better =
        best == nullptr ||
        (lane.has_question != best->has_question ? lane.has_question : lane.expected_ms < best->expected_ms);
    if (better) best = &lane;
  }
  return best == nullptr ? RegisterId() : best->register_id;
}

Dispatcher::Dispatcher(asio::any_io_executor executor, async::Clock& clock, Journal& journal,
                       std::function<void(const PoolId& pool)> unserved)
    : executor_(executor), clock_(clock), journal_(journal), unserved_(std::move(unserved)), wake_(executor, clock) {}

asio::awaitable<std::optional<Queued>> Dispatcher::next(PoolId pool, FreeLane lane, async::Clock::time_point until) {
  auto mine = std::make_shared<Waiting>(std::move(lane), executor_, clock_);
  pools_[pool].waiting.push_back(mine);
  match(pools_[pool]);
  if (!mine->receipt) {
    read_if_wanted(pool);
    co_await mine->ready.wait_until(until);
  }
  std::erase(pools_[pool].waiting, mine);
  forget(pool);
  co_return std::move(mine->receipt);
}

void Dispatcher::release(const ReceiptId& receipt, const RegisterId& register_id) {
  const auto taken = taken_.find(receipt);
  if (taken != taken_.end() && taken->second == register_id) taken_.erase(taken);
}

bool Dispatcher::unable(const Queued& receipt, const RegisterId& register_id,
                        const std::vector<RegisterId>& registers_of_pool) {
  auto& refused = unable_[receipt.id];
  if (refused.revision != receipt.revision) refused = {receipt.revision, {}, clock_.now()};
  refused.registers.insert(register_id);
  if (std::ranges::all_of(registers_of_pool, [&](const auto& id) { return refused.registers.contains(id); })) {
    unable_.erase(receipt.id);
    return true;
  }
  release(receipt.id, register_id);
  pools_[receipt.pool].window.push_front(receipt);
  match(pools_[receipt.pool]);
  return false;
}

void Dispatcher::forget_unable() {
  std::erase_if(unable_, [this](const auto& entry) { return clock_.now() - entry.second.since > kUnable; });
}

void Dispatcher::suspects_wait(const PoolId& pool, async::Clock::time_point until) {
  suspects_wait_until_[pool] = until;
  refresh(pool);
}

std::vector<PoolId> Dispatcher::whose_suspects_wait() {
  std::erase_if(suspects_wait_until_, [this](const auto& entry) { return entry.second <= clock_.now(); });
  std::vector<PoolId> pools;
  for (const auto& [id, until] : suspects_wait_until_) pools.push_back(id);
  return pools;
}

void Dispatcher::refresh(const PoolId& pool) {
  const auto known = pools_.find(pool);
  if (known == pools_.end()) return;
  known->second.window.clear();
  fill(pool);
  forget(pool);
}

void Dispatcher::queued(const std::set<PoolId>& pools) {
  for (const auto& pool : pools) fill(pool);
}

void Dispatcher::fill(const PoolId& pool) {
  filled_.insert(pool);
  told_.insert(pool);
  read_if_wanted(pool);
}

void Dispatcher::kick() {
  kicked_ = true;
  wake_.notify();
}

void Dispatcher::read_if_wanted(const PoolId& pool) {
  const auto known = pools_.find(pool);
  if (known == pools_.end() || !has_free_lane(known->second) || !filled_.contains(pool)) return;
  due_.insert(pool);
  wake_.notify();
}

void Dispatcher::forget(const PoolId& pool) {
  const auto known = pools_.find(pool);
  if (known != pools_.end() && known->second.waiting.empty() && known->second.window.empty()) pools_.erase(known);
}

bool Dispatcher::has_free_lane(const PoolQueue& pool) {
  return std::ranges::any_of(pool.waiting, [](const auto& waiting) { return !waiting->receipt; });
}

void Dispatcher::cancel(const PoolId& pool, const RegisterId& register_id) {
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return;
  for (auto& waiting : found->second.waiting) {
    if (waiting->lane.register_id == register_id && !waiting->receipt) waiting->ready.notify();
  }
}

void Dispatcher::match(PoolQueue& pool) {
  for (auto receipt = pool.window.begin(); receipt != pool.window.end();) {
    std::vector<FreeLane> free;
    for (const auto& waiting : pool.waiting) {
      if (!waiting->receipt) free.push_back(waiting->lane);
    }
    if (free.empty()) return;
    const auto refused = unable_.find(receipt->id);
    const bool known = refused != unable_.end() && refused->second.revision == receipt->revision;
    const auto chosen = choose(free, known ? refused->second.registers : std::set<RegisterId>());
    const auto lane = std::find_if(pool.waiting.begin(), pool.waiting.end(), [&](const auto& waiting) {
      return !waiting->receipt && waiting->lane.register_id == chosen;
    });
    if (lane == pool.waiting.end()) {
      ++receipt;
      continue;
    }
    taken_[receipt->id] = chosen;
    (*lane)->receipt = std::move(*receipt);
    (*lane)->ready.notify();
    receipt = pool.window.erase(receipt);
  }
}

asio::awaitable<void> Dispatcher::run() {
  while (!stopping_) {
    forget_unable();
    const auto now = clock_.now();
    if (now >= latest_look_ || (kicked_ && now >= earliest_look_)) co_await look();
    if (!due_.empty()) {
      co_await read(std::exchange(due_, {}));
    } else {
      co_await wake_.wait_until(kicked_ ? earliest_look_ : latest_look_);
    }
  }
}

asio::awaitable<void> Dispatcher::look() {
  kicked_ = false;
  told_.clear();
  const auto began = clock_.now();
  const auto pools = co_await journal_.queued_pools();
  const auto ended = clock_.now();
  earliest_look_ = ended + kRest * (ended - began);
  latest_look_ = std::max(earliest_look_, ended + kLook);
  if (!pools) {
    report(log::Level::warn, "queue.unreadable", pools.error());
    co_return;
  }
  filled_ = std::exchange(told_, {});
  filled_.insert(pools->begin(), pools->end());
  for (const auto& id : *pools) {
    read_if_wanted(id);
    if (!due_.contains(id)) unserved_(id);
  }
}

asio::awaitable<void> Dispatcher::read(const std::set<PoolId>& pools) {
  std::map<int, std::vector<PoolId>> by_limit;
  for (const auto& id : pools) {
    const auto known = pools_.find(id);
    if (known != pools_.end() && has_free_lane(known->second)) by_limit[known->second.limit].push_back(id);
  }
  for (const auto& [limit, hungry] : by_limit) {
    auto queued = co_await journal_.queue(hungry, limit, whose_suspects_wait());
    if (!queued) {
      report(log::Level::warn, "queue.unreadable", queued.error());
      co_await async::pause_for(clock_, kLook);
      due_.insert(hungry.begin(), hungry.end());
      continue;
    }
    for (const auto& id : hungry) pools_[id].window.clear();
    std::map<PoolId, int> found;
    for (auto& receipt : *queued) {
      ++found[receipt.pool];
      const bool waits = receipt.suspect && suspects_wait_until_.contains(receipt.pool);
      if (!waits && !taken_.contains(receipt.id)) pools_[receipt.pool].window.push_back(std::move(receipt));
    }
    for (const auto& id : hungry) {
      auto& pool = pools_[id];
      match(pool);
      // All that was read is taken, or for others: what stands behind it may be for who waits.
      const bool reads_on = has_free_lane(pool) && found[id] == limit && limit < kLongestWindow;
      pool.limit = reads_on ? 2 * limit : found[id] > kWindow ? limit : kWindow;
      if (reads_on) due_.insert(id);
      if (found[id] == 0) filled_.erase(id);
      forget(id);
    }
  }
}

void Dispatcher::stop() {
  stopping_ = true;
  wake_.notify();
  for (auto& [id, pool] : pools_) {
    for (auto& waiting : pool.waiting) waiting->ready.notify();
  }
}

}  // namespace kassaflow::fiscalizer
