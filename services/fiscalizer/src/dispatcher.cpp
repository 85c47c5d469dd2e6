#include "dispatcher.hpp"

#include <algorithm>

#include "kassaflow/base/report.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;

namespace {
constexpr int kWindow = 32;                      // receipts of a pool held in memory
constexpr std::chrono::milliseconds kLook{200};  // another worker may have taken in a receipt of ours
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

Dispatcher::Dispatcher(asio::any_io_executor executor, async::Clock& clock, Journal& journal)
    : executor_(executor), clock_(clock), journal_(journal), wake_(executor, clock) {}

asio::awaitable<std::optional<Queued>> Dispatcher::next(PoolId pool, FreeLane lane, async::Clock::time_point until) {
  auto mine = std::make_shared<Waiting>(std::move(lane), executor_, clock_);
  pools_[pool].waiting.push_back(mine);
  match(pools_[pool]);
  if (!mine->receipt) {
    wake_.notify();
    co_await mine->ready.wait_until(until);
  }
  auto& waiting = pools_[pool].waiting;
  waiting.erase(std::remove(waiting.begin(), waiting.end(), mine), waiting.end());
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

void Dispatcher::refresh(const PoolId& pool) {
  pools_[pool].window.clear();
  wake_.notify();
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
    std::erase_if(pools_,
                  [](const auto& entry) { return entry.second.waiting.empty() && entry.second.window.empty(); });
    std::vector<PoolId> hungry;  // a free lane waits and the window has nothing for it
    for (auto& [id, pool] : pools_) {
      if (std::ranges::any_of(pool.waiting, [](const auto& waiting) { return !waiting->receipt; }))
        hungry.push_back(id);
    }
    if (!hungry.empty()) {
      auto queued = co_await journal_.queue(hungry, kWindow);
      if (queued) {
        for (const auto& id : hungry) pools_[id].window.clear();
        for (auto& receipt : *queued) {
          if (!taken_.contains(receipt.id)) pools_[receipt.pool].window.push_back(std::move(receipt));
        }
        for (const auto& id : hungry) match(pools_[id]);
      } else {
        report(log::Level::warn, "queue.unreadable", queued.error());
      }
    }
    co_await wake_.wait_for(kLook);
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
