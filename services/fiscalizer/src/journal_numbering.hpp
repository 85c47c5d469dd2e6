#pragma once
// What the number of a register's next document says of the attempts before it (exactly-once.md 6): a storage numbers
// its documents without gaps. For registers that cannot be asked.

#include <cstdint>
#include <pqxx/pqxx>

#include "journal_rows.hpp"
#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::fiscalizer::sql {

// The document after a lost one settles it or leaves it to a person. The lane opens a probe only after the quiet time,
// and `proves` is set on nothing else: other documents find no attempt there.
void prove(pqxx::work& work, const AttemptRow& probe, const fiscal::FiscalDocument& document, Rows& rows);

// Attempts that were believed not printed for the register's words, since the last number seen, become questions again
// when a number is missing before `document` of attempt `id` that nothing explains.
void doubt_skipped(pqxx::work& work, std::int64_t id, const fiscal::FiscalDocument& document, Rows& rows);

}  // namespace kassaflow::fiscalizer::sql
