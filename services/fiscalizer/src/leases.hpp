#pragma once
// Who may dispatch: leases on the 1024 shards (exactly-once.md 3 and 4). Every decision of this worker carries the
// epoch under which it holds the shard. A shard is taken over only after this worker's own monotonic clock has seen the
// holder's heartbeat unchanged for a whole lease, without a gap in the watch.
//
// Two executors. run() and look() are the keeper's: its thread does nothing else, so that a long computation of the
// lanes costs no lease. Everything else is the lanes', from which the callbacks are called, too; what tells what is
// held now may be asked from any thread. In a test or a simulation both are one.

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "fence.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/base/id.hpp"
#include "lease_store.hpp"
#include "life_timer.hpp"

namespace kassaflow::fiscalizer {

// --- pure: what one look at the store means ---

// Remembers since when each worker's heartbeat stands still, by our clock.
class Observer {
 public:
  struct Look {
    async::Clock::time_point began, ended;  // what was read was so at some moment between the two
    std::vector<WorkerRow> workers;
  };
  struct Watch {
    std::vector<WorkerRow> alive;  // seen to move within `lease`, or not yet watched for that long
    std::vector<WorkerRow> dead;
    bool lapsed = false;  // our own lease ran out since the look before: others may have taken us for dead
  };
  // Dead is whose heartbeat stood still from the end of the look that showed it first to the beginning of this one.
  // After a gap all the others are watched anew: while we could not look, they perhaps could not write.
  [[nodiscard]] Watch watch(const Look& look, async::Clock::duration lease);

 private:
  struct Seen {
    std::int64_t heartbeat;
    async::Clock::time_point since;
    bool dead = false;  // until the heartbeat moves
  };
  std::map<WorkerId, Seen> seen_;
  std::optional<async::Clock::time_point> last_;  // when our look before began
};

struct Rebalance {
  std::vector<ShardRow> take_over;  // as observed: each is taken over by compare-and-set
  std::vector<int> release;         // ours above the fair share
};

// Fair share: ceil(1024 / alive and not leaving). Only shards that nobody alive holds are taken over.
[[nodiscard]] Rebalance rebalance(const WorkerId& self, const std::vector<WorkerRow>& alive,
                                  const std::vector<ShardRow>& shards);

// Where a heartbeat begins: by chance among 2^62, so that a worker that was forgotten and comes back never shows a
// value that somebody remembers, also after the database was restored to an earlier moment (which a sequence would
// repeat).
[[nodiscard]] std::int64_t first_heartbeat();

// --- the keeper ---

class Leases {
 public:
  static constexpr std::chrono::seconds kMargin{2};  // of the lease must remain for anything to begin

  struct Options {
    WorkerId worker;
    async::Clock::duration lease{};
    std::function<std::unique_ptr<LifeTimer>()> life_timer = [] { return std::make_unique<KillTimer>(); };
  };
  Leases(boost::asio::any_io_executor keeper, boost::asio::any_io_executor lanes, async::Clock& clock,
         LeaseStore& store, Options options);

  // Both before run(). Called when what is held, or being given away, changed.
  void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }
  // The shards on which something is under way, from the decision to start it to its end: they are not released.
  void busy_when(std::function<std::set<int>()> busy) { busy_ = std::move(busy); }

  // Looks five times a lease until stop(), then signs off.
  boost::asio::awaitable<void> run();
  // Registers or renews, takes over and releases.
  boost::asio::awaitable<void> look();

  // Takes nothing over any more and gives everything away, each shard as soon as nothing is under way on it.
  void leave();
  // Ends run() and returns after it: nothing is held then. What is still under way keeps its shard in the store.
  boost::asio::awaitable<void> stop();

  // Nothing may be started on any shard while it is false (exactly-once.md 17); true until it is said. The lanes'.
  void let_start(bool allowed) { may_start_ = allowed; }
  // Under which this worker may start something on the shard now.
  [[nodiscard]] std::optional<Fence> may_start(int shard) const;
  // The shard is ours under this epoch, also while it is being given away.
  [[nodiscard]] bool holds(const Fence& fence) const;
  [[nodiscard]] std::vector<int> held() const;
  // Those of them that stay, with their epochs. The lanes of a shard that is being given away start nothing: the next
  // owner settles what they have not sent.
  using Epochs = std::map<int, std::int64_t>;  // by shard
  [[nodiscard]] Epochs kept() const;
  // Shards taken so far: nobody's, and those of workers that fell silent. From any thread.
  struct Takeovers {
    std::uint64_t released = 0;
    std::uint64_t expired = 0;
  };
  [[nodiscard]] Takeovers takeovers() const;
  [[nodiscard]] const WorkerId& worker() const { return options_.worker; }
  // By when the last byte must be out that leaves under this epoch; nullopt: it is over. In the past: so is the lease.
  [[nodiscard]] std::optional<async::Clock::time_point> held_until(const Fence& fence) const;
  [[nodiscard]] const async::Clock& clock() const { return clock_; }
  [[nodiscard]] std::unique_ptr<LifeTimer> life_timer() const { return options_.life_timer(); }

 private:
  boost::asio::awaitable<void> sign_off();
  [[nodiscard]] bool leaving() const;
  [[nodiscard]] bool stopping() const;
  void know_held();
  // The lanes stop where a shard goes, and what is idle goes.
  void tell_lanes(bool changed);
  void give_up_idle();
  void wake_keeper();

  boost::asio::any_io_executor keeper_;
  boost::asio::any_io_executor lanes_;
  async::Clock& clock_;
  LeaseStore& store_;
  Options options_;
  std::function<void()> on_change_ = [] {};
  std::function<std::set<int>()> busy_ = [] { return std::set<int>(); };

  // The keeper's.
  Observer observer_;
  async::Event wake_;

  // The lanes'.
  async::Event stopped_;
  std::atomic<bool> may_start_{true};
  bool signed_off_ = false;

  // What both read and write, in one piece: no reader sees a renewed lease together with a shard that is lost.
  mutable std::mutex mutex_;
  Epochs epochs_;            // under which we hold which shard
  std::vector<int> held_;    // those shards
  std::set<int> releasing_;  // of them those that are being given away
  std::set<int> given_up_;   // no longer ours by our own books, perhaps still by the store's
  std::set<int> busy_at_stop_;
  async::Clock::time_point valid_until_{};
  Takeovers takeovers_;
  bool leaving_ = false;
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
