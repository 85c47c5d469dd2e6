#pragma once
// The journal: the only authority on a receipt's state. Attempts are committed before a byte leaves, what registers
// told is appended under any epoch, and decisions are made only under the epoch that holds the shard (exactly-once.md
// 1, 5, 9, 11). What concurrent lanes ask for while a transaction runs goes together into the next one.
//
// Lives on the fiscalizer's one executor thread; SQL runs on the pool's threads.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fence.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/postgres/database.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

enum class Kind : std::uint8_t { receipt, open_shift, close_shift };
[[nodiscard]] std::string_view to_string(Kind kind);

// A register's shift, as far as its documents have told.
enum class Shift : std::uint8_t { unknown, open, closed };
[[nodiscard]] std::string_view to_string(Shift shift);

// A queued receipt as the dispatcher sees it.
struct Queued {
  ReceiptId id;
  PoolId pool;
  std::int64_t revision = 0;
  std::uint32_t generation = 0;
  std::uint32_t attempts = 0;  // made so far, in the receipt's whole life
  std::string content;         // kassaflow.v1.Receipt
};

struct NewAttempt {
  Kind kind = Kind::receipt;
  ReceiptId receipt;  // empty for shift reports
  std::int64_t revision = 0;
  std::uint32_t generation = 0;
  std::uint32_t number = 0;
  RegisterId register_id;
  RegisterIdentity identity;
  PoolId pool;
  Fence fence;
  std::string key;
  std::string request;
  std::string fn_before;
  std::uint64_t fd_before = 0;
  std::int64_t proves = 0;  // id of the uncertain attempt this one is the probe of, 0 = none
};

struct Attempt {
  std::int64_t id = 0;
  Kind kind = Kind::receipt;
  ReceiptId receipt;
  std::string key;
  std::string request;
  std::string remote_id;
  int sends = 1;
  std::string content;          // of the receipt
  std::int64_t age_s = 0;       // since it was opened
  std::uint64_t fd_before = 0;  // the last document known of the register when it was opened
};

// What is remembered of a physical register.
struct RegisterMemory {
  std::string fn;
  std::uint64_t highest_fd = 0;
  Shift shift = Shift::unknown;
  std::int64_t shift_opened_at_s = 0;
  std::optional<Attempt> open;          // an attempt whose end nobody knows yet
  std::vector<std::int64_t> questions;  // uncertain attempts that numbering may still settle
  std::vector<Attempt> asked;           // uncertain attempts that it cannot, of a register that can be asked
};

// What became of the attempt is known, for good or ill.
[[nodiscard]] inline bool is_certain(const registers::Finding& finding) {
  return finding.fact == registers::Fact::printed || finding.fact == registers::Fact::not_printed;
}

struct Heard {  // one thing learned about one attempt
  std::int64_t attempt = 0;
  Fence fence;                // under which the decision would be made
  std::int64_t stored = 0;    // id of evidence already appended by an earlier owner, 0 = new
  std::int64_t callback = 0;  // the callback it came with: marked as handled in the same transaction
  int send = 1;               // which sending of the bytes it is about; of an older one only "printed" counts
  bool final = true;          // false: the attempt stays open and is asked about again
  bool provable = false;      // the register cannot be asked: its numbering settles what was lost (exactly-once.md 6)
  registers::Finding finding;
};

struct Finished {  // a receipt came to its end
  TenantId tenant;
  receipts::State state = receipts::State::done;  // or failed
  double seconds = 0;                             // since its first post was accepted
  bool test = false;                              // done, and its document has no legal force
};

// Of one receipt.
struct Limits {
  int refusals_before_held = 5;  // answers "not printed" of registers in one generation; then a person must look
};

struct Settled {
  bool decided = false;  // false: the shard is not ours under that epoch; the evidence is kept for its owner
  bool news = false;     // it changed what is known of the attempt
  std::optional<Finished> finished;
};

// The receipt, its register or its shard is no longer as thought: nothing was stored, and another worker may go on.
inline constexpr ErrorKind kStale{"journal.stale"};
// Whether the attempt is stored is not known yet, and nothing of it was sent.
inline constexpr ErrorKind kGivenUp{"journal.given_up"};

class Journal {
 public:
  Journal(boost::asio::any_io_executor executor, async::Clock& clock, postgres::Database& database, WorkerId worker,
          const Limits& limits);

  // The id of the committed attempt, or an Error: kStale, postgres::kUnavailable (nothing stored). A lost
  // COMMIT answer is cleared up by reading the row again; kGivenUp: it was not there, and may turn up yet.
  boost::asio::awaitable<Result<std::int64_t>> open_attempt(NewAttempt attempt);

  // Appends and decides. Repeats until PostgreSQL took it: evidence in hand is not dropped.
  boost::asio::awaitable<Settled> settle(Heard heard);

  // Allows the stored bytes to leave once more under the same key; which sending that is. Errors: kStale (closed
  // meanwhile, or not ours any more), those of PostgreSQL.
  boost::asio::awaitable<Result<int>> allow_resend(std::int64_t attempt, Fence fence);

  // Ends a receipt without an attempt: `failed`, no register of its pool can express it; `held`, this program cannot
  // read it.
  boost::asio::awaitable<void> refuse(const Queued& receipt, receipts::State state, Fence fence, std::string error);

  // `askable`: the register can be asked, so what is uncertain is wanted, too.
  boost::asio::awaitable<Result<RegisterMemory>> remember(RegisterIdentity identity, bool askable);
  boost::asio::awaitable<Result<std::vector<Queued>>> queue(std::vector<PoolId> pools, int per_pool);

  // What happened beside the lanes: evidence appended under a lost epoch, callbacks, attempts people answered.
  struct Callback {
    std::int64_t id;
    RegisterId register_id;
    std::string body;
  };
  struct Undecided {
    Heard heard;
    RegisterId register_id;
    Kind kind = Kind::receipt;
  };
  struct News {
    std::vector<Undecided> undecided;
    std::vector<Callback> callbacks;
    std::vector<std::int64_t> answered;  // of `unanswered`, by people
  };
  boost::asio::awaitable<Result<News>> news(std::vector<int> shards, std::vector<std::int64_t> unanswered);
  // Attempts on a physical register that a callback names, whatever became of them.
  boost::asio::awaitable<Result<std::vector<Attempt>>> named(RegisterIdentity identity, registers::CallbackNames names);
  boost::asio::awaitable<void> handled(std::int64_t callback);

  // Called after each commit that may have changed what readers see.
  void on_commit(std::function<void()> callback) { on_commit_ = std::move(callback); }
  void on_finished(std::function<void(const Finished&)> callback) { on_finished_ = std::move(callback); }

 private:
  template <class Request, class Answer>
  struct Group;

  boost::asio::any_io_executor executor_;
  async::Clock& clock_;
  postgres::Database& database_;
  WorkerId worker_;
  Limits limits_;
  std::function<void()> on_commit_ = [] {};
  std::function<void(const Finished&)> on_finished_ = [](const Finished&) {};
  std::shared_ptr<Group<NewAttempt, Result<std::int64_t>>> opening_;
  std::shared_ptr<Group<Heard, Result<Settled>>> settling_;
};

}  // namespace kassaflow::fiscalizer
