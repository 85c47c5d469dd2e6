#pragma once
// The journal in memory, for tests and the simulation: transactions, unique keys, clocks of its own, and the ways a
// database can fail or refuse what it is given. The same conformance tests run over it and over PostgreSQL.
//
// One thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "journal/store.hpp"
#include "kassaflow/async/clock.hpp"
#include "lease_store.hpp"

namespace kassaflow::fiscalizer::journal {

// What becomes of one transaction.
struct Fate {
  enum class End : std::uint8_t {
    committed,
    unavailable,   // nothing is stored, and the caller knows it
    doubt_stored,  // the COMMIT's answer is lost
    doubt_lost,    // the COMMIT is lost
  };
  End end = End::committed;
  async::Clock::duration before{};  // from the call until the body runs
  async::Clock::duration after{};   // from then until the caller knows
};

// Who holds which shard: also what MemoryLeaseStore reads and writes.
struct Holders {
  std::vector<ShardRow> shards;  // by number
  std::map<WorkerId, WorkerRow> workers;
};

// The database that all workers share.
class Memory {
 public:
  explicit Memory(async::Clock& clock);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // Its state as it is now, to be restored later: a base backup.
  struct Backup;
  [[nodiscard]] std::shared_ptr<const Backup> backup() const;
  // It lives another life from then on.
  void restore(const Backup& backup);
  // With all that was committed: the server started again, or a standby that had it all has taken over.
  void start_again();
  void fail_over();
  void have_standby(bool in_sync);

  [[nodiscard]] Holders& holders();

  // Without failures. What only tests and the simulation do and look at.
  void transact(const Store::Body& body);
  void hold_shards(const WorkerId& worker, std::int64_t epoch);
  [[nodiscard]] std::vector<std::string> verdicts(const ReceiptId& receipt) const;  // by post id
  [[nodiscard]] std::int64_t evidence() const;                                      // how much was told in all
  [[nodiscard]] std::vector<std::string> audited() const;                           // "who: what"
  [[nodiscard]] std::vector<KeptRecord> set_aside() const;
  // What the tables do not hold, beside what no database does (a NUL in a text, a number that is too large).
  void refuse_receipts(std::function<bool(const std::string& unique_id, std::int64_t total_kopecks)> which);

  // The first attempt at a receipt was stored. `queued`: those of its pool that were never tried and may be taken, in
  // their order; no suspects.
  std::function<void(const ReceiptId& opened, const std::vector<ReceiptId>& queued)> on_opened = [](const auto&,
                                                                                                    const auto&) {};

  struct Tables;

 private:
  friend class MemoryStore;
  void tell_opened(const std::vector<ReceiptId>& receipts);
  async::Clock& clock_;
  std::unique_ptr<Tables> tables_;
};

// One worker's way to it.
class MemoryStore final : public Store {
 public:
  // `fates` is asked before each transaction. `clock`: the worker's.
  MemoryStore(async::Clock& clock, Memory& memory, std::function<Fate()> fates = [] { return Fate{}; });

  boost::asio::awaitable<Result<std::monostate>> transact(Body body) override;
  // At once: its fate has no duration.
  Result<std::monostate> transact_blocking(const Body& body) override;

 private:
  Result<std::monostate> carry_out(Fate::End end, const Body& body);

  async::Clock& clock_;
  Memory& memory_;
  std::function<Fate()> fates_;
};

}  // namespace kassaflow::fiscalizer::journal
