#pragma once
// Where workers meet: whose heart beats, and who holds which shard (exactly-once.md 4). Every call is one transaction
// that begins with the row of the worker that asks: an earlier one of its own whose answer was lost is over, one way or
// the other, before it looks again. For rows of others nothing waits: a worker's heartbeat hangs on no one else.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <variant>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::fiscalizer {

struct WorkerRow {
  WorkerId id;
  std::int64_t heartbeat = 0;
  bool leaving = false;  // it gives everything away: the shares of the others are reckoned without it

  friend bool operator==(const WorkerRow&, const WorkerRow&) = default;
};
struct ShardRow {
  int shard = 0;
  WorkerId worker;  // empty: nobody
  std::int64_t epoch = 0;

  friend bool operator==(const ShardRow&, const ShardRow&) = default;
};

// Errors are those of PostgreSQL (postgres/database.hpp); with kInDoubt it may have happened. Resumes on the executor
// of the coroutine that asks.
class LeaseStore {
 public:
  virtual ~LeaseStore() = default;

  struct Look {
    std::vector<WorkerRow> workers;  // every holder is among them
    std::vector<ShardRow> shards;    // by number
  };
  // Raises the heartbeat of `self`, or begins it where `self` says, and reads all of them afterwards.
  virtual boost::asio::awaitable<Result<Look>> look(WorkerRow self) = 0;

  struct Change {
    std::vector<ShardRow> take_over;  // as they were seen: nobody's, or of one in `dead`
    std::vector<WorkerRow> dead;      // with the heartbeat that was seen to stand still
    std::vector<int> release;         // ours
  };
  struct Changed {
    std::vector<ShardRow> taken;  // under their new epochs
    std::size_t released = 0;
  };
  // Takes a shard only if worker and epoch are as they were seen, and of a dead worker only while its heartbeat still
  // stands where it stood. Dead workers that hold nothing are forgotten. Nothing happens for a worker that was
  // forgotten itself (postgres::kRefused).
  virtual boost::asio::awaitable<Result<Changed>> change(WorkerId self, Change change) = 0;

  // Releases all but `busy`, and forgets `self` when it holds nothing then.
  virtual boost::asio::awaitable<Result<std::monostate>> sign_off(WorkerId self, std::vector<int> busy) = 0;
};

}  // namespace kassaflow::fiscalizer
