#pragma once
// Exactly-once intake: what Kafka's records make of the journal is stored in the same transaction as the next offsets,
// and every post is known by its id, so a redelivery changes nothing (exactly-once.md 12, 13, 18). A record that is not
// taken in is set aside with its bytes in that transaction, and those behind it go on
// (docs/architecture/records.md).
//
// take_in() is the body of one transaction, run on the consumer's thread. Any worker may take in any receipt.

#include <vector>

#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/kafka/consumer.hpp"
#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/postgres/portions.hpp"
#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

// Where intake reads on, as the journal says in one of its lives: in another it says something else.
struct Reading {
  kafka::ReadPositions positions;
  Life life;
};
// Throws while nothing may be taken in (exactly-once.md 17).
[[nodiscard]] Reading where_to_read(Transaction& tx);

// `life`: in which the positions of the portion were read; in another one it throws, for what lies between the
// journal's positions and the portion would be lost. Throws when the portion must be offered again. `configuration`:
// whose pools, installations and registers are. Returns what was set aside; a post of it leaves a held receipt when its
// owner header says whose it is.
std::vector<kafka::SetAside> take_in(Transaction& tx, const Life& life, const configuration::Snapshot& configuration,
                                     const postgres::Portion<kafka::Record>& portion);

// Before a held receipt is queued: true when its content is known, or can be read by now from a record of its owner
// that was kept; then it is part of the row's change.
bool make_readable(Transaction& tx, const ReceiptId& id, ReceiptRow& receipt);

}  // namespace kassaflow::fiscalizer::journal
