#pragma once
// One queue per pool, work-conserving: whenever a lane of the pool is free it takes the next receipt; of several free
// lanes the one expected to finish first goes first. The queue itself is the journal; here is only a window of it.
//
// The journal is read where something happened: a lane became free, or somebody says that a pool has grown. What
// others queue is found by looking which pools have a queue at all; a look costs by how many those are, and the longer
// one took, the later comes the next.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/base/id.hpp"

namespace kassaflow::fiscalizer {

// --- pure ---

// A lane that asks for work.
struct FreeLane {
  RegisterId register_id;
  std::int64_t expected_ms = 0;  // how long a receipt takes it
  bool has_question = false;     // its next document may settle an uncertain receipt (exactly-once.md 6)
};

// The free lane that gets `receipt`: of those that can print it one with a question, else the fastest; empty = none.
[[nodiscard]] RegisterId choose(const std::vector<FreeLane>& free, const std::set<RegisterId>& unable);

// --- the dispatcher ---

class Dispatcher {
 public:
  // `unserved`: something is queued in the pool, and none of its lanes waits for it. Called at each look.
  Dispatcher(
      boost::asio::any_io_executor executor, async::Clock& clock, Journal& journal,
      std::function<void(const PoolId& pool)> unserved = [](const PoolId&) {});

  // The next receipt of `pool` for this lane, or nullopt at `until` or after cancel(). It stays taken until released.
  boost::asio::awaitable<std::optional<Queued>> next(PoolId pool, FreeLane lane, async::Clock::time_point until);
  // The receipt is in the journal's hands again (settled, refused or not opened). Without effect when it was handed on
  // to another lane meanwhile.
  void release(const ReceiptId& receipt, const RegisterId& register_id);
  // This register cannot express the receipt: it is handed on. True when no register of the pool can.
  bool unable(const Queued& receipt, const RegisterId& register_id, const std::vector<RegisterId>& registers_of_pool);
  void cancel(const PoolId& pool, const RegisterId& register_id);

  // A register that is asked for the pool's suspects is silent: they stay in the queue until then, and the receipts
  // behind them pass (exactly-once.md 17, I7).
  void suspects_wait(const PoolId& pool, async::Clock::time_point until);

  // Something was queued in these pools.
  void queued(const std::set<PoolId>& pools);
  // Something may have been queued, nobody says where.
  void kick();
  // What is queued in `pool` changed at its head.
  void refresh(const PoolId& pool);
  // Reads the journal until stop().
  boost::asio::awaitable<void> run();
  void stop();

 private:
  static constexpr int kWindow = 32;  // receipts of a pool held in memory
  struct Waiting {
    FreeLane lane;
    async::Event ready;
    std::optional<Queued> receipt;
    Waiting(FreeLane free_lane, const boost::asio::any_io_executor& executor, async::Clock& clock)
        : lane(std::move(free_lane)), ready(executor, clock) {}
  };
  struct PoolQueue {
    std::deque<Queued> window;
    int limit = kWindow;  // of the window: it grows while what is in it is for no lane that waits
    std::vector<std::shared_ptr<Waiting>> waiting;
  };
  // Of one content: a new post or a corrected pool may make it expressible.
  struct Unable {
    std::int64_t revision = 0;
    std::set<RegisterId> registers;
    async::Clock::time_point since{};
  };
  [[nodiscard]] static bool has_free_lane(const PoolQueue& pool);
  void match(PoolQueue& pool);
  void fill(const PoolId& pool);
  void read_if_wanted(const PoolId& pool);
  void forget(const PoolId& pool);
  void forget_unable();
  std::vector<PoolId> whose_suspects_wait();
  boost::asio::awaitable<void> look();
  boost::asio::awaitable<void> read(const std::set<PoolId>& pools);

  boost::asio::any_io_executor executor_;
  async::Clock& clock_;
  Journal& journal_;
  std::function<void(const PoolId& pool)> unserved_;
  async::Event wake_;
  std::map<PoolId, PoolQueue> pools_;
  std::set<PoolId> filled_;  // as the last look found them, or somebody said since; not those that were read to the end
  std::set<PoolId> told_;    // while the journal is looked at
  std::set<PoolId> due_;     // of them those to be read now: a free lane waits there
  async::Clock::time_point earliest_look_{}, latest_look_{};
  bool kicked_ = false;
  std::map<ReceiptId, RegisterId> taken_;
  std::map<ReceiptId, Unable> unable_;
  std::map<PoolId, async::Clock::time_point> suspects_wait_until_;
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
