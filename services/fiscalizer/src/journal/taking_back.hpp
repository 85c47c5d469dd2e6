#pragma once
// A journal that was restored, or failed over, may be older than what it has published (exactly-once.md 17). Then
// nothing is dispatched: what was published goes back into it, the posts it has lost are read again, and every receipt
// that is not done is suspect, for an attempt of it may have been made whose news never left. Each function is the body
// of one transaction; all may be repeated.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "transaction.hpp"

namespace kassaflow::v1 {
class ReceiptOutcome;
}  // namespace kassaflow::v1

namespace kassaflow::fiscalizer::journal {

// What readers were told.
struct Told {
  ReceiptId receipt;
  std::int64_t revision = 0;
  std::int64_t head = 0;  // the highest sequence given out by then
  TenantId tenant = {};
  InstallationId installation = {};
};

// Pure. Why something that was committed may be missing, English; empty: all of it is there. `latest`: the last that
// readers were told; `known`: the journal's revisions of the receipts in it.
[[nodiscard]] std::string distrust(const Trust& trust, const std::vector<Told>& latest,
                                   const std::map<ReceiptId, std::int64_t>& known);

// Opens the journal in the life it has now, or begins to take back. The stage afterwards. What was told of a receipt as
// another tenant's than the journal's says nothing about the journal.
Stage judge(Transaction& tx, const std::vector<Told>& latest);

// What is known of a register that a published attempt names; nullopt: it is no longer there.
struct KnownRegister {
  RegisterIdentity identity;
  const registers::Protocol* protocol = nullptr;
  bool askable = false;  // by an attempt's key
};
using FindRegister = std::function<std::optional<KnownRegister>(const RegisterId& id)>;

// Stage taking_back, else it throws. How many receipts were behind. An outcome of one tenant that names another's
// receipt, pool, installation or register is left out, with an alarm. `published`: each within its limits
// (records/read.hpp), in the order of the topic.
std::size_t take_back(Transaction& tx, std::span<const v1::ReceiptOutcome> published,
                      const configuration::Snapshot& configuration, const FindRegister& find_register);
// The alarm: it is in the topic, and not in the journal. Also of one that cannot be read.
void report_left_out(const v1::ReceiptOutcome& published, const std::string& why);
// All that was published is back: posts may be taken in.
void read_posts(Transaction& tx);
// Stage reading_posts, else it throws. How many receipts are suspect now, those that have failed not counted.
std::int64_t open_again(Transaction& tx);

// An attempt on a suspect that may have been made is written down as one without an answer: the receipt is uncertain.
// `askable`: its register is asked about it, and the receipt stays suspect, for another may have followed; else a
// person is. False: the receipt or the shard is no longer as thought.
bool doubt(Transaction& tx, const WorkerId& worker, const NewAttempt& attempt, bool askable);

}  // namespace kassaflow::fiscalizer::journal
