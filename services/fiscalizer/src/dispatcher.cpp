#include "dispatcher.hpp"

#include <algorithm>

#include "kassaflow/runtime/log.hpp"

namespace kassaflow::fiscalizer {

namespace asio = boost::asio;
using runtime::Level;
using runtime::log;

namespace {
constexpr int kWindow = 64;                      // receipts of a pool held in memory
constexpr std::chrono::milliseconds kLook{200};  // another worker may have taken in a receipt of ours
}  // namespace

std::string choose(const std::vector<Asking>& free, const std::set<std::string>& unable) {
  const Asking* best = nullptr;
  for (const auto& lane : free) {
    if (unable.contains(lane.register_id)) continue;
    if (best == nullptr || lane.expected_ms < best->expected_ms) best = &lane;
  }
  return best == nullptr ? std::string() : best->register_id;
}

Dispatcher::Dispatcher(asio::any_io_executor executor, Journal& journal)
    : executor_(executor), journal_(journal), wake_(executor) {}

asio::awaitable<std::optional<Queued>> Dispatcher::next(std::string pool, Asking lane, Clock::time_point until) {
  auto mine = std::make_shared<Waiting>(std::move(lane), executor_);
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

bool Dispatcher::unable(const Queued& receipt, const std::string& register_id,
                        const std::vector<std::string>& registers_of_pool) {
  auto& refused = unable_[receipt.id];
  refused.insert(register_id);
  const bool all = std::all_of(registers_of_pool.begin(), registers_of_pool.end(),
                               [&](const auto& id) { return refused.contains(id); });
  if (all) {
    unable_.erase(receipt.id);
  } else {
    taken_.erase(receipt.id);
    pools_[receipt.pool].window.push_front(receipt);
    match(pools_[receipt.pool]);
  }
  return all;
}

void Dispatcher::cancel(const std::string& register_id) {
  for (auto& [id, pool] : pools_) {
    for (auto& waiting : pool.waiting) {
      if (waiting->lane.register_id == register_id && !waiting->receipt) waiting->ready.notify();
    }
  }
}

void Dispatcher::match(PoolQueue& pool) {
  for (auto receipt = pool.window.begin(); receipt != pool.window.end();) {
    std::vector<Asking> free;
    for (const auto& waiting : pool.waiting) {
      if (!waiting->receipt) free.push_back(waiting->lane);
    }
    if (free.empty()) return;
    const auto refused = unable_.find(receipt->id);
    const auto chosen = choose(free, refused == unable_.end() ? std::set<std::string>() : refused->second);
    const auto lane = std::find_if(pool.waiting.begin(), pool.waiting.end(), [&](const auto& waiting) {
      return !waiting->receipt && waiting->lane.register_id == chosen;
    });
    if (lane == pool.waiting.end()) {
      ++receipt;
      continue;
    }
    taken_.insert(receipt->id);
    (*lane)->receipt = std::move(*receipt);
    (*lane)->ready.notify();
    receipt = pool.window.erase(receipt);
  }
}

asio::awaitable<void> Dispatcher::run() {
  while (!stopping_) {
    std::vector<std::string> hungry;
    for (auto& [id, pool] : pools_) {
      if (!pool.waiting.empty() || (!pool.window.empty() && pool.window.size() < kWindow / 4)) hungry.push_back(id);
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
        log(Level::warn, "queue.unreadable", {{"error", queued.error().message}});
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
