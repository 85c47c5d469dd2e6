#pragma once
// The journal: the only authority on a receipt's state. Attempts are committed before a byte leaves, what registers
// told is appended under any epoch, and decisions are made only under the epoch that holds the shard (exactly-once.md
// 1, 5, 9, 11). What concurrent lanes ask for while a transaction runs goes together into the next one.
//
// Lives on the fiscalizer's one executor thread; decisions may run on a thread of the store.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "decisions.hpp"
#include "kassaflow/async/event.hpp"
#include "store.hpp"

namespace kassaflow::fiscalizer {

// What became of the attempt is known, for good or ill.
[[nodiscard]] inline bool is_certain(const registers::Finding& finding) {
  return finding.fact == registers::Fact::printed || finding.fact == registers::Fact::not_printed;
}

// The receipt, its register or its shard is no longer as thought: nothing was stored, and another worker may go on.
inline constexpr ErrorKind kStale{"journal.stale"};
// Whether the attempt is stored is not known yet, and nothing of it was sent.
inline constexpr ErrorKind kGivenUp{"journal.given_up"};

class Journal {
 public:
  Journal(boost::asio::any_io_executor executor, async::Clock& clock, journal::Store& store, WorkerId worker,
          const Limits& limits);

  // The id of the committed attempt, or an Error: kStale, postgres::kUnavailable (nothing stored). A lost
  // COMMIT answer is cleared up by reading the row again; kGivenUp: it was not there, and may turn up yet.
  boost::asio::awaitable<Result<std::int64_t>> open_attempt(NewAttempt attempt);

  // Appends and decides. Repeats until the store took it: evidence in hand is not dropped.
  boost::asio::awaitable<Settled> settle(Heard heard);

  // Allows the stored bytes to leave once more under the same key; which sending that is. Errors: kStale (closed
  // meanwhile, or not ours any more), those of the store.
  boost::asio::awaitable<Result<int>> allow_resend(std::int64_t attempt, Fence fence);

  // exactly-once.md 17; see journal::doubt. False: nothing was stored, or nobody knows.
  boost::asio::awaitable<bool> doubt(NewAttempt attempt, bool askable);

  // Ends a receipt without an attempt, as unprintable or unreadable.
  boost::asio::awaitable<void> refuse(const Queued& receipt, receipts::Step why, Fence fence, std::string error);

  // `askable`: the register can be asked, so what is uncertain is wanted, too.
  boost::asio::awaitable<Result<RegisterMemory>> remember(RegisterId register_id, RegisterIdentity identity,
                                                          bool askable);
  boost::asio::awaitable<Result<std::vector<Queued>>> queue(std::vector<PoolId> pools, int per_pool,
                                                            std::vector<PoolId> without_suspects);
  // In which something is queued, whose shards they may be.
  boost::asio::awaitable<Result<std::vector<PoolId>>> queued_pools();

  // What happened beside the lanes.
  boost::asio::awaitable<Result<journal::News>> news(std::vector<int> shards, std::vector<std::int64_t> unanswered);
  // Evidence that says nothing to decide about.
  boost::asio::awaitable<void> pass_over(std::int64_t evidence);

  // Called after each commit that may have changed what readers see.
  void on_commit(std::function<void()> callback) { on_commit_ = std::move(callback); }
  void on_finished(std::function<void(const Finished&)> callback) { on_finished_ = std::move(callback); }

 private:
  template <class Request, class Answer>
  struct Group;

  boost::asio::any_io_executor executor_;
  async::Clock& clock_;
  journal::Store& store_;
  WorkerId worker_;
  Limits limits_;
  std::function<void()> on_commit_ = [] {};
  std::function<void(const Finished&)> on_finished_ = [](const Finished&) {};
  std::shared_ptr<Group<NewAttempt, Result<std::int64_t>>> opening_;
  std::shared_ptr<Group<Heard, Result<Settled>>> settling_;
};

}  // namespace kassaflow::fiscalizer
