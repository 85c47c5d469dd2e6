#pragma once
// What the journal decides: about attempts to open, about what was heard of them, about receipts that end without one.
// Each function is the body of one transaction. People's decisions stand in people.hpp, those about posts in
// intake.hpp.

#include <string>
#include <vector>

#include "transaction.hpp"

namespace kassaflow::fiscalizer {

// Of one receipt.
struct Limits {
  int refusals_before_held = 5;  // answers "not printed" of registers in one generation; then a person must look
};

struct Settled {
  bool decided = false;          // false: the shard is not ours under that epoch; the evidence is kept for its owner
  bool news = false;             // it changed what is known of the attempt
  bool later = false;            // the journal is being taken back, and may not know the attempt yet: nothing is stored
  bool not_its_storage = false;  // it named one that is not its register's, and the journal remembers another
  std::optional<Finished> finished;
};

namespace journal {

[[nodiscard]] bool holds(const std::map<int, std::int64_t>& held, const Fence& fence);
// The receipt is as it was read from the queue, and the shard is held. `receipts`: its row, locked.
[[nodiscard]] bool may_open(const NewAttempt& attempt, const Receipts& receipts,
                            const std::map<int, std::int64_t>& held);

// Per attempt: its id, or 0 when the receipt, the register or the shard is not free as thought.
std::vector<std::int64_t> open_attempts(Transaction& tx, const WorkerId& worker, const std::vector<NewAttempt>& batch);
// Which sending is allowed, 0 = none.
int allow_resend(Transaction& tx, const WorkerId& worker, std::int64_t attempt, const Fence& fence);
// Ends a queued receipt without an attempt, as unprintable or unreadable.
std::optional<Finished> refuse(Transaction& tx, const WorkerId& worker, const Queued& receipt, receipts::Step why,
                               const Fence& fence, const std::string& error);

std::vector<Settled> settle(Transaction& tx, const WorkerId& worker, const Limits& limits,
                            const std::vector<Heard>& batch);

// `askable`: the register can be asked, so what is uncertain is wanted, too.
[[nodiscard]] RegisterMemory remember(Transaction& tx, const RegisterId& register_id, const RegisterIdentity& identity,
                                      bool askable);

// What happened beside the lanes: evidence appended under a lost epoch, callbacks, attempts people answered.
struct News {
  std::vector<Undecided> undecided;
  std::vector<CalledBack> callbacks;
  std::vector<std::int64_t> answered;  // of `unanswered`, by people
};
[[nodiscard]] News news(Transaction& tx, const std::vector<int>& shards, const std::vector<std::int64_t>& unanswered);

}  // namespace journal
}  // namespace kassaflow::fiscalizer
