#pragma once
// What people may do to the journal (exactly-once.md 16). Which verb does what in which state says receipts::ruling();
// this carries it out. Each function is the body of one transaction: it locks the receipt, then its attempts
// without an answer, is compare-and-set on what it found there, and leaves a row in the audit log. Errors come before
// anything is written: kMalformed, kUnknown, kRefused; their texts are for the operator.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kassaflow/audit/chain.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/receipts/machine.hpp"
#include "transaction.hpp"

namespace kassaflow::v1 {
class FiscalDocument;
}  // namespace kassaflow::v1

namespace kassaflow::fiscalizer::people {

inline constexpr ErrorKind kMalformed{"people.malformed"};
inline constexpr ErrorKind kUnknown{"people.unknown", "`kassactl receipts list` shows which there are"};
inline constexpr ErrorKind kUnknownDocument{"people.unknown_document"};
inline constexpr ErrorKind kRefused{"people.refused"};  // the text says what can be done instead

struct Times {
  std::chrono::milliseconds quiet;   // how long bytes given up may still arrive (exactly-once.md 6)
  std::chrono::milliseconds answer;  // how long the answer to a sending may take, its connection included
};

struct Order {
  ReceiptId receipt;
  audit::Who who;
  std::uint32_t attempt = 0;  // 0 = the only one without an answer
  TenantId only_tenant = {};  // whose receipts he may decide about; empty: everybody's
};

struct Done {
  receipts::State state = receipts::State::queued;
  std::string note;                  // what the state does not say, may be empty
  RegisterId register_id;            // whose attempt was answered, empty = none
  std::optional<Finished> finished;  // the receipt came to its end
};

// `document`: fn, fd and fp as typed; printed_at_s 0 = the person does not know it.
Result<Done> resolve_printed(journal::Transaction& tx, const Order& order, v1::FiscalDocument document);
Result<Done> resolve_not_printed(journal::Transaction& tx, const Order& order, const Times& times);
// `not_printed`: with the person's word that the attempt without an answer made no document.
Result<Done> fail_receipt(journal::Transaction& tx, const Order& order, const std::string& reason, bool not_printed,
                          const Times& times);
Result<Done> hold(journal::Transaction& tx, const Order& order, const std::string& reason);
// Of a failed receipt it only writes the wish down; Retries carries it out.
Result<Done> retry(journal::Transaction& tx, const Order& order);

// Its content and what was sent and said of it (journal/contents.hpp), at once; of a receipt that has ended.
Result<Done> erase(journal::Transaction& tx, const Order& order);

// Wishes to retry a failed receipt, still to be carried out or taken back.
std::vector<Wish> wishes(journal::Transaction& tx);
// The error of that revision is never told. False: the receipt has changed meanwhile.
bool carry_out(journal::Transaction& tx, const Wish& wish);
// The portal knows it: the merchant decides.
void take_back(journal::Transaction& tx, const Wish& wish);

// exactly-once.md 11: the storage is in that register now, whosever it was. Of a document it had before nothing
// changes.
Result<Done> bind_storage(journal::Transaction& tx, const audit::Who& who, const RegisterId& register_id,
                          const Storage& storage);
// The document is not that of whoever has it: its number is free. Its receipt stays as it is, since readers were told;
// what became of the attempt is asked of a person.
Result<Done> unbook(journal::Transaction& tx, const audit::Who& who, const std::string& fn, std::uint64_t fd);

// What keeps a retired register from being deleted.
struct Unsettled {
  std::vector<std::string> blockers;  // the oldest first, at most 10, each with what to do
  bool under_way = false;             // they end by themselves
};
// Shift reports that can have no answer any more are given up as unknown.
Unsettled unsettled(journal::Transaction& tx, const RegisterId& register_id, const Times& times);

}  // namespace kassaflow::fiscalizer::people
