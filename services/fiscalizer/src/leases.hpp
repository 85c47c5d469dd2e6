#pragma once
// Who may dispatch: leases on the 1024 shards (exactly-once.md 3 and 4). Every decision of this worker carries the
// epoch under which it holds the shard. A lease is taken over only after this worker's own monotonic clock has seen the
// holder's heartbeat unchanged for a whole lease.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fence.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/http/transport.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::fiscalizer {

// --- pure: what one look at the tables means ---

struct WorkerRow {
  WorkerId id;
  std::int64_t heartbeat = 0;
};
struct ShardRow {
  int shard = 0;
  WorkerId worker;  // empty: nobody
  std::int64_t epoch = 0;
};

// Remembers when each worker's counter was last seen to move, by our clock.
class Observer {
 public:
  // Returns the ids that are alive: seen to move within `lease`, or not yet watched for that long.
  std::vector<WorkerId> alive(const std::vector<WorkerRow>& workers, async::Clock::time_point now,
                              async::Clock::duration lease);

 private:
  struct Seen {
    std::int64_t heartbeat;
    async::Clock::time_point since;
  };
  std::map<WorkerId, Seen> seen_;
};

struct Rebalance {
  std::vector<ShardRow> take_over;  // as observed: each is taken over by compare-and-set
  std::vector<int> release;         // ours above the fair share
};

// Fair share: ceil(1024 / alive). Only shards that nobody alive holds are taken over.
[[nodiscard]] Rebalance rebalance(const WorkerId& self, const std::vector<WorkerId>& alive,
                                  const std::vector<ShardRow>& shards);

// --- the keeper ---

// Takes those shards of `seen` that are still as they were seen, each under a new epoch, and returns them.
std::vector<ShardRow> take_over(pqxx::work& work, const WorkerId& self, const std::vector<ShardRow>& seen);

class Leases {
 public:
  struct Options {
    WorkerId worker;
    async::Clock::duration lease{};
  };
  Leases(boost::asio::any_io_executor executor, async::Clock& clock, postgres::Database& database, Options options);

  // Called when the set of held shards changed.
  void on_change(std::function<void()> callback) { on_change_ = std::move(callback); }
  // True while bytes of the shard are on their way: it is not released then.
  void busy_when(std::function<bool(int shard)> busy) { busy_ = std::move(busy); }

  // Registers the worker, then renews, takes over and releases until stop().
  boost::asio::awaitable<void> run();
  // Releases every idle shard and signs off.
  boost::asio::awaitable<void> stop();

  // Under which this worker may start something on the shard now.
  [[nodiscard]] std::optional<Fence> may_start(int shard) const;
  // The shard is ours under this epoch, also while it is being given away.
  [[nodiscard]] bool holds(const Fence& fence) const;
  // The shard is being given away: its lanes start nothing. The next owner settles what they have not sent.
  [[nodiscard]] bool releasing(int shard) const;
  [[nodiscard]] std::vector<int> held() const;
  [[nodiscard]] const WorkerId& worker() const { return options_.worker; }
  [[nodiscard]] async::Clock::time_point valid_until() const { return valid_until_; }
  // How long the lease still lasts by our own clock. Zero or less: it is lost.
  [[nodiscard]] async::Clock::duration remaining() const { return valid_until_ - clock_.now(); }

 private:
  boost::asio::awaitable<void> tick();

  boost::asio::any_io_executor executor_;
  async::Clock& clock_;
  postgres::Database& database_;
  Options options_;
  Observer observer_;
  async::Event wake_;
  std::map<int, std::int64_t> epochs_;  // shard -> epoch we hold it under
  std::vector<int> releasing_;
  async::Clock::time_point valid_until_{};
  bool stopping_ = false;
  std::function<void()> on_change_ = [] {};
  std::function<bool(int)> busy_ = [](int) { return false; };
};

// Kills this process (SIGKILL, also while it is stopped) unless disarmed in time, by CLOCK_BOOTTIME.
class LifeTimer {
 public:
  LifeTimer() = default;
  ~LifeTimer() { disarm(); }
  LifeTimer(const LifeTimer&) = delete;
  LifeTimer& operator=(const LifeTimer&) = delete;
  bool arm(async::Clock::duration life);
  void disarm();
  [[nodiscard]] bool armed() const { return timer_.has_value(); }

 private:
  std::optional<void*> timer_;  // timer_t
};

// Guards the bytes of one attempt (exactly-once.md 3): refuses when less than 2 s of the lease remain, and ends the
// process should it be paused past its lease between the check and the end of the write.
class LeaseGuard final : public http::WriteGuard {
 public:
  static constexpr std::chrono::seconds kMargin{2};
  static constexpr std::chrono::seconds kSpare{1};

  LeaseGuard(const Leases& leases, Fence fence) : leases_(leases), fence_(fence) {}
  // Leaves a second of the lease between the last byte and the end of the process.
  std::optional<async::Clock::time_point> arm() override;
  void disarm() override { life_.disarm(); }

 private:
  const Leases& leases_;
  Fence fence_;
  LifeTimer life_;
};

}  // namespace kassaflow::fiscalizer
