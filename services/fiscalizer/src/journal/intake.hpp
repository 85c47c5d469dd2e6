#pragma once
// Exactly-once intake: what a batch of Kafka records makes of the journal is stored in the same transaction as the next
// offsets, and every post is known by its id, so a redelivery changes nothing (exactly-once.md 12, 13, 18).
//
// take_in() is the body of one transaction, run on the consumer's thread. Any worker may take in any receipt.

#include <vector>

#include "kassaflow/kafka/consumer.hpp"
#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

// Where intake reads on, as the journal says in one of its lives: in another it says something else.
struct Reading {
  kafka::ReadPositions positions;
  Life life;
};
// Throws while nothing may be taken in (exactly-once.md 17).
[[nodiscard]] Reading where_to_read(Transaction& tx);

// `life`: in which the batch's positions were read; in another one it throws, for what lies between the journal's
// positions and the batch would be lost. Throws when the batch must be offered again. Returns the records that could
// not be read; they are kept in the journal, with a held receipt when their owner header says whose they are, and their
// offsets are stored too.
std::vector<kafka::Record> take_in(Transaction& tx, const Life& life, const std::vector<kafka::Record>& batch);

// Before a held receipt is queued: true when its content is known, or can be read by now from the record that was kept;
// then it is part of the row's change.
bool make_readable(Transaction& tx, const ReceiptId& id, ReceiptRow& receipt);

}  // namespace kassaflow::fiscalizer::journal
