#pragma once
// One run of one server, over one file of a table: what was committed in another life may be missing in this one
// (exactly-once.md 17). Whoever remembers where a database stood remembers its life with it.

#include <pqxx/transaction_base>
#include <string>

namespace kassaflow::postgres {

// Of the schema's table `table`. Throws as a query does, on a standby as well.
[[nodiscard]] std::string life(pqxx::transaction_base& session, const std::string& table);

}  // namespace kassaflow::postgres
