#pragma once
// What PostgreSQL did for each statement that a service ran: auto_explain writes it into the server's log.

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "session.hpp"
#include "temporary_postgres.hpp"

namespace kassaflow::statements {

struct Plan {
  std::string statement;
  std::string service;  // application_name of its session
  double ms = 0;
  std::int64_t buffers = 0;       // pages, found in memory or read
  std::int64_t rows = 0;          // returned, or changed where it returns none
  std::int64_t items = 0;         // what it was asked for: rows, or the elements of its arrays, whichever are more
  std::vector<std::string> ways;  // how each table was entered: its index, or "table (all of it)"
  std::set<std::string> scanned;  // tables read from end to end
};

// A statement, over all its runs.
struct Summary {
  std::string service;
  std::int64_t runs = 0;
  double longest_ms = 0;
  Plan dearest;  // the run with the most buffers for what it was asked for
  std::set<std::string> scanned;
};

// "schema.table" of tables with more rows than a fleet explains.
[[nodiscard]] std::set<std::string> growing_tables(postgres_testing::Session& session);
// Pages a statement may touch for so many items: a walk down a few indexes, and for each item a few pages of its own.
[[nodiscard]] std::int64_t budget_for(std::int64_t items);
[[nodiscard]] std::map<std::string, Summary> summarize(const std::vector<Plan>& plans);

// Before write_history: the server starts anew with a log that can be read. After it: sessions that begin from then on
// are explained.
class ServerLog {
 public:
  explicit ServerLog(postgres_testing::TemporaryPostgres& server);
  void begin();
  // Of statements since the last call that services ran.
  [[nodiscard]] std::vector<Plan> take();

 private:
  postgres_testing::TemporaryPostgres& server_;
  std::filesystem::path file_;
  std::streamoff read_ = 0;
  int marks_ = 0;
};

}  // namespace kassaflow::statements
