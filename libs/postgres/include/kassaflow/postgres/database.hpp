#pragma once
// libpqxx on a small thread pool behind co_await. One connection per thread, opened on first use;
// after broken_connection the object is dropped and the next task opens a new one (never a silent reconnect).
//
// Thread-safety: run() and read() may be called from any coroutine; the coroutine resumes on its own executor.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <pqxx/transaction>  // pqxx::work is an alias and cannot be declared ahead
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "kassaflow/base/result.hpp"
#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::postgres {

struct DatabaseOptions {
  std::string uri;
  std::string application_name;
  std::size_t threads = 4;
  std::string search_path;           // the service's schema
  int statement_timeout_ms = 30000;  // a statement that hangs ends as postgres.error
  // A process that stands still inside a transaction loses it: its locks must not keep others from taking over.
  int standstill_timeout_ms = 5000;
  // kassaflow_sql_*, of all of a process's together, and the schema's version. Null: nobody wants to know.
  metrics::Metrics* metrics = nullptr;
};

// What the caller must know of a failed transaction (Error::code).
// Nothing was committed; try later.
inline constexpr ErrorKind kUnavailable{
    "postgres.unavailable", "nothing was stored: start PostgreSQL, or correct where the setting `postgres` leads"};
// The COMMIT's answer was lost: read again what you wrote (exactly-once.md 1).
inline constexpr ErrorKind kInDoubt{"postgres.in_doubt",
                                    "it may have been stored: look, and do it again when it was not"};
// Refused for its values, which no column, constraint or index takes (SQLSTATE classes 21, 22, 23 and 54): the same
// values are refused again.
inline constexpr ErrorKind kData{"postgres.data",
                                 "nothing was stored, and the same values will be refused again: correct them"};
// Otherwise refused by the server (deadlock, syntax, rights, a full disk) or by the task itself, see message: another
// time the same values may be taken.
inline constexpr ErrorKind kRefused{"postgres.error", "nothing was stored: see what PostgreSQL logged of it"};

class Database {
 public:
  explicit Database(DatabaseOptions options);
  ~Database();  // finishes queued tasks, joins

  // Runs `task` in one read-write transaction (READ COMMITTED, synchronous_commit=on) and commits when it returns.
  // The task must not capture anything that dies before run() resumes. Defined in database_run.hpp.
  template <class F>
  auto run(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::work&>>>;

  // Reads without a transaction around it: one round trip a statement instead of three, each statement by itself.
  template <class F>
  auto read(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::transaction_base&>>>;

  // As run(), blocking the calling thread (Kafka's and gRPC's threads).
  Result<std::monostate> run_blocking(const std::function<void(pqxx::work&)>& task);

  [[nodiscard]] bool healthy() const;  // the last task reached the server

 private:
  friend struct DatabaseAccess;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::postgres
