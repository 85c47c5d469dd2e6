#pragma once
// What the number of a register's next document says of the attempts before it (exactly-once.md 6): a storage numbers
// its documents without gaps. For registers that cannot be asked.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "kassaflow/fiscal/receipt.hpp"
#include "storages.hpp"
#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

// Everything a group of findings touches: the rows are locked when it begins and written when it ends.
struct Touched {
  Receipts receipts;
  Attempts attempts;
  std::map<std::int64_t, AttemptChange> attempt_changes;
  std::map<RegisterIdentity, RegisterChange> register_changes;
  Storages storages;              // of those the findings name, whose they are
  std::set<std::int64_t> owners;  // attempts that have the document they were told
};

// Whose register the attempt was on; empty: nobody knows.
[[nodiscard]] TenantId tenant_of(const Touched& rows, const AttemptRow& attempt);

// Another attempt of the same receipt waits for an answer.
[[nodiscard]] bool others_unanswered(const Touched& rows, std::int64_t id, const AttemptRow& attempt);

// One line of the log at which a person must look (docs/runbooks/alarms.md).
void alarm(std::string_view event, const AttemptRow& attempt, const std::string& detail);

// The document after a lost one settles it or leaves it to a person. The lane opens a probe only after the quiet time,
// and `proves` is set on nothing else: other documents find no attempt there.
void prove(Transaction& tx, const AttemptRow& probe, const fiscal::FiscalDocument& document, Touched& rows);

// Attempts of the same tenant that were believed not printed for the register's words, since the last number seen,
// become questions again when a number is missing before `document` of attempt `id` that nothing explains.
void doubt_skipped(Transaction& tx, std::int64_t id, const fiscal::FiscalDocument& document, Touched& rows);

}  // namespace kassaflow::fiscalizer::journal
