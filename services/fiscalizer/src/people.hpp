#pragma once
// What people may do to the journal (exactly-once.md 16). Which verb does what in which state says receipts::ruling();
// this is its SQL. Each function is the body of one transaction: it locks the receipt, then its attempts
// (journal_sql.hpp), is compare-and-set on what it found there, and leaves a row in `audit`. Errors come before
// anything is written: kMalformed, kUnknown, kRefused; their texts are for the operator.

#include <chrono>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "journal.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/receipts/machine.hpp"

namespace kassaflow::v1 {
class FiscalDocument;
}  // namespace kassaflow::v1

namespace kassaflow::fiscalizer::people {

inline constexpr ErrorKind kMalformed{"people.malformed"};
inline constexpr ErrorKind kUnknown{"people.unknown", "`kassactl receipts list` shows which there are"};
inline constexpr ErrorKind kRefused{"people.refused"};  // the text says what can be done instead

struct Times {
  std::chrono::milliseconds quiet;   // how long bytes given up may still arrive (exactly-once.md 6)
  std::chrono::milliseconds answer;  // how long the answer to a sending may take, its connection included
};

struct Order {
  ReceiptId receipt;
  std::string actor;
  std::uint32_t attempt = 0;  // 0 = the only one without an answer
};

struct Done {
  receipts::State state = receipts::State::queued;
  std::string note;                  // what the state does not say, may be empty
  RegisterId register_id;            // whose attempt was answered, empty = none
  std::optional<Finished> finished;  // the receipt came to its end
};

// `document`: fn, fd and fp as typed; printed_at_s 0 = the person does not know it.
Result<Done> resolve_printed(pqxx::work& work, const Order& order, v1::FiscalDocument document);
Result<Done> resolve_not_printed(pqxx::work& work, const Order& order, const Times& times);
// `not_printed`: with the person's word that the attempt without an answer made no document.
Result<Done> fail_receipt(pqxx::work& work, const Order& order, const std::string& reason, bool not_printed,
                          const Times& times);
Result<Done> hold(pqxx::work& work, const Order& order, const std::string& reason);
// Of a failed receipt it only writes the wish down; Retries carries it out.
Result<Done> retry(pqxx::work& work, const Order& order);

// A wish to retry a failed receipt, still to be carried out or taken back.
struct Wish {
  ReceiptId receipt;
  std::uint64_t revision = 0;  // whose error must never be told
};
std::vector<Wish> wishes(pqxx::work& work);
std::optional<Wish> wish_of(pqxx::work& work, const ReceiptId& receipt);  // nullopt: there is none
// The error of that revision is never told. False: the receipt has changed meanwhile.
bool carry_out(pqxx::work& work, const Wish& wish);
// The portal knows it: the merchant decides.
void take_back(pqxx::work& work, const Wish& wish);

// What keeps a retired register from being deleted, the oldest first, at most 10, each with what to do. Shift reports
// that can have no answer any more are given up as unknown.
std::vector<std::string> unsettled(pqxx::work& work, const RegisterId& register_id, const Times& times);

}  // namespace kassaflow::fiscalizer::people
