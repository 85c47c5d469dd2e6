#pragma once
// One transaction of the journal, as its decisions see it. A decision is a function of a Transaction: it reads rows,
// which stay locked until the end, and writes rows; that it throws undoes all of it. Two stores carry it out, and
// tests/conformance says what both must do: PostgreSQL (postgres_store.hpp) and memory (memory_store.hpp).
//
// Values that a column, constraint or index does not take end the transaction in either store with postgres::kData.
//
// Locks are taken in one order everywhere: receipts by id, attempts by id, shards.
//
// Not thread-safe; it lives as long as the body it is given to.

#include <set>
#include <utility>

#include "kassaflow/audit/chain.hpp"
#include "kassaflow/kafka/read_position.hpp"
#include "rows.hpp"

namespace kassaflow::fiscalizer::journal {

class Transaction {
 public:
  virtual ~Transaction() = default;

  // The store's own time, which decides nothing but how long people and bytes given up have waited.
  virtual std::int64_t now_ms() = 0;

  // --- the store itself (exactly-once.md 17) ---

  // Locked when a decision follows from it.
  virtual Trust trust(bool lock) = 0;
  // Of the life that is now; `open` also remembers whether commits wait for a standby now.
  virtual void write_stage(Stage stage) = 0;
  virtual Durability durability() = 0;

  // --- shards ---

  // Those of `shards` this worker holds, and under which epoch: none while the journal is not open. They stay so until
  // the transaction ends.
  virtual std::map<int, std::int64_t> held_epochs(const WorkerId& worker, const std::set<int>& shards) = 0;

  // --- receipts ---

  // Unknown ids are absent.
  virtual Receipts lock_receipts(const std::set<ReceiptId>& ids) = 0;
  // At the end of their pools' queues, in the order given. Throws when one of them is there already.
  virtual void insert_receipts(const std::vector<NewReceipt>& receipts) = 0;
  // Writes the changed ones.
  virtual void write_receipts(const Receipts& receipts) = 0;
  // Every receipt that is not done is suspect from now on, and those that are not failed either are told to readers
  // again. How many those are.
  virtual std::int64_t suspect_all() = 0;
  // Those that are known; not locked.
  virtual std::map<ReceiptId, KnownReceipt> known_receipts(const std::set<ReceiptId>& ids) = 0;
  // Done or failed, unchanged for that long, their content still here, none of their attempts without an answer and
  // nothing that was told of them undecided: the oldest first. Locked; who holds one now keeps it for later.
  virtual std::set<ReceiptId> ended_before(std::int64_t age_ms, int limit) = 0;
  // Their content, the bytes that were sent for them, what registers and clouds told of them (what followed from it
  // stands in their attempts), and records that were kept of them. Readers of outcomes do not see it, so the revision
  // stays.
  virtual void erase_contents(const std::set<ReceiptId>& receipts) = 0;
  // A retry is wished, or (empty) no longer: readers of outcomes do not see it, so the revision stays.
  virtual void wish_retry(const ReceiptId& receipt, const std::string& actor) = 0;
  // Of failed receipts, by id.
  virtual std::vector<Wish> wishes(int limit) = 0;
  virtual std::optional<Wish> wish_of(const ReceiptId& receipt) = 0;
  // Of the log that hangs together (audit/chain.hpp); who adds to it holds it until the end.
  virtual void audit(const audit::Who& who, const std::string& subject, const std::string& action) = 0;
  virtual audit::Part audit_after(std::int64_t number, int limit) = 0;

  // --- posts ---

  virtual std::set<std::string> post_ids(const std::set<ReceiptId>& receipts) = 0;
  virtual void insert_posts(const std::vector<NewPost>& posts) = 0;
  // Without effect when the record is kept already.
  virtual void keep_record(const KeptRecord& record) = 0;
  // The values of the records that were kept of a receipt, the newest first.
  virtual std::vector<std::string> kept_of(const ReceiptId& receipt) = 0;
  // The newest first: those behind `place`, or all.
  virtual std::vector<KeptShown> kept_behind(const std::optional<KeptPlace>& place, int limit) = 0;
  // Those kept for so long that are no receipt's, or of one whose content is erased. How many.
  virtual int forget_kept(std::int64_t age_ms, int limit) = 0;
  // Where intake goes on reading; positions only grow.
  virtual void store_positions(const kafka::ReadPositions& positions) = 0;
  virtual kafka::ReadPositions positions() = 0;

  // --- attempts ---

  // The ids of those that were stored, by key and physical register. One is not stored while its register or its
  // receipt has an open one, or an unanswered one of its receipt exists, nor when its register was retired since.
  // After held_epochs().
  virtual std::map<std::pair<std::string, RegisterIdentity>, std::int64_t> insert_attempts(
      const std::vector<NewAttempt>& attempts) = 0;
  // `attempts`, those whose question they may settle, and those before them that are believed not printed and that
  // their number may contradict (the latest 100 of each), with their receipts (empty: a shift report).
  // Not locked: an attempt's receipt never changes.
  virtual std::map<std::int64_t, ReceiptId> touched_by(const std::set<std::int64_t>& attempts) = 0;
  // Those without an answer stay as they are when they are kept already, unless the end of theirs is known by now.
  // Ids by receipt and number.
  virtual std::map<std::pair<ReceiptId, std::uint32_t>, std::int64_t> keep_attempts(
      const std::vector<KeptAttempt>& attempts) = 0;
  // Of a receipt; 0 = the journal has none with that key.
  virtual std::int64_t attempt_with_key(const std::string& key) = 0;
  // These, and every unanswered one of `receipts`. Unknown ids are absent.
  virtual Attempts lock_attempts(const std::set<std::int64_t>& ids, const std::set<ReceiptId>& receipts) = 0;
  virtual void write_attempts(const std::map<std::int64_t, AttemptChange>& changes) = 0;
  // One more sending of an open attempt; which one it is.
  virtual int count_sending(std::int64_t attempt) = 0;
  // The open attempt that this worker's epoch stored, 0 = none.
  virtual std::int64_t open_attempt(const RegisterIdentity& identity, const std::string& key, std::int64_t epoch) = 0;
  // How often registers have refused the receipt in this generation, whatever their words.
  virtual int refusals(const ReceiptId& receipt, std::uint32_t generation) = 0;
  // A number or a person has called an attempt of this generation not printed that a register had said `words` of.
  virtual bool denied_after(const ReceiptId& receipt, std::uint32_t generation, const std::string& words) = 0;
  virtual int printed_attempts(const ReceiptId& receipt) = 0;
  // No attempt is stored under a document of an earlier revision any more. Those that were are seen by whoever looks
  // after this transaction; it does nothing else.
  virtual void retire(const RegisterId& register_id, std::uint64_t revision) = 0;
  virtual std::uint64_t retired_at(const RegisterId& register_id) = 0;  // 0: never
  // Of a register: receipts' attempts without an answer, and open shift reports.
  virtual Attempts lock_unsettled(const RegisterId& register_id) = 0;

  // --- evidence ---

  // What was told is kept under any epoch, for the owner of its attempt's shard, wherever the register stands now;
  // `decided` says which of it this transaction also decides about. What is stored already is marked.
  virtual void append_evidence(const std::vector<Heard>& batch, const std::vector<bool>& decided) = 0;
  virtual std::vector<Undecided> undecided(const std::vector<int>& shards, int limit) = 0;
  // Also one that only a callback may tell, which was not read yet.
  virtual bool printed_is_undecided(std::int64_t attempt) = 0;
  // Of each callback the attempts of that physical register with its key or remote id, whatever became of them. Not
  // locked: an attempt's receipt never changes.
  virtual std::vector<std::vector<NamedAttempt>> named_by(const std::vector<Callback>& callbacks) = 0;
  // As evidence, each of that attempt.
  virtual void append_callbacks(const std::vector<std::pair<std::int64_t, Callback>>& callbacks) = 0;
  virtual std::vector<CalledBack> called_back(const std::vector<int>& shards, int limit) = 0;
  // It says nothing to decide about.
  virtual void pass_over(std::int64_t evidence) = 0;

  // --- documents and registers ---

  // Those of them that are bound.
  virtual Storages storages(const std::set<std::string>& fns) = 0;
  // A storage that is bound already stays as it is; of several registers that want one, the first in order has it.
  virtual void bind_storages(const std::vector<Storage>& storages) = 0;
  // It is that register's now, whosever it was, and no register waits for a word about it any more.
  virtual void move_storage(const Storage& storage) = 0;
  // The attempts that have the document they claim (exactly-once.md 11): the first claimant keeps it.
  virtual std::set<std::int64_t> claim_documents(const std::vector<Claim>& claims) = 0;
  virtual std::optional<Claim> document(const std::string& fn, std::uint64_t fd) = 0;
  // Nobody has it any more.
  virtual void unbook(const std::string& fn, std::uint64_t fd) = 0;
  // Numbers in [first, last] of that storage's documents, ascending, as far as its register or its tenant has made
  // them: another's may be booked there from before.
  virtual std::vector<std::uint64_t> known_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last,
                                                   int limit) = 0;
  virtual std::uint64_t count_numbers(const Storage& storage, std::uint64_t first, std::uint64_t last) = 0;
  // Printed shift reports of the register before attempt `before`, since that number; not those of a shift that turned
  // out to be open already, for they made no document.
  virtual Reports reports_since(const RegisterIdentity& identity, const std::string& fn, std::uint64_t fd,
                                std::int64_t before) = 0;
  virtual void write_registers(const std::map<RegisterIdentity, RegisterChange>& changes) = 0;

  // --- reading, nothing is locked ---

  virtual RegisterRow register_of(const RegisterIdentity& identity) = 0;
  virtual std::optional<Attempt> open_attempt_of(const RegisterIdentity& identity) = 0;
  // Ids of its attempts with an open question, ascending.
  virtual std::vector<std::int64_t> questions_of(const RegisterIdentity& identity) = 0;
  // Its attempts whose question a person is asked, the latest first.
  virtual std::vector<Attempt> asked_of(const RegisterIdentity& identity, int limit) = 0;
  // Those of `attempts` that nobody has to answer any more.
  virtual std::vector<std::int64_t> answered(const std::vector<std::int64_t>& attempts) = 0;
  // The heads of the pools' queues, in their order; without those that still rest, and of some pools without suspects.
  virtual std::vector<Queued> queue(const std::vector<PoolId>& pools, int per_pool,
                                    const std::vector<PoolId>& without_suspects) = 0;
  // Those in which something is queued, be it resting; by id. Costs by how many they are, not by what is queued.
  virtual std::vector<PoolId> queued_pools() = 0;
  virtual std::map<PoolId, std::int64_t> queue_lengths(const std::vector<PoolId>& pools) = 0;
  // Pools of the shards that have nothing waiting may be absent.
  virtual std::vector<Waiting> waiting(const std::vector<int>& shards) = 0;

  // --- outcomes ---

  // Of receipts whose newest revision readers do not have, the oldest changes first, with their latest attempts and
  // kPostsShown posts. One that is queued or printing is among them once it has been for `passing_ms`: mostly its end
  // comes before, and one record says it all.
  virtual std::vector<Outcome> unpublished(const std::vector<int>& shards, std::int64_t passing_ms, int limit,
                                           int attempts_shown) = 0;
  // Of all receipts, by id, after one of them (empty: from the first on).
  virtual std::vector<Outcome> outcomes(const ReceiptId& after, int limit, int attempts_shown) = 0;
  virtual void mark_published(const std::vector<std::pair<ReceiptId, std::int64_t>>& revisions) = 0;
};

}  // namespace kassaflow::fiscalizer::journal
