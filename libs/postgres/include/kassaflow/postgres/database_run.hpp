#pragma once
// Database::run and read, for the files that write SQL.

#include <memory>
#include <optional>
#include <pqxx/pqxx>

#include "kassaflow/async/resume.hpp"
#include "kassaflow/postgres/database.hpp"

namespace kassaflow::postgres {

struct DatabaseAccess {
  using Task = std::function<void(pqxx::work&)>;
  using Read = std::function<void(pqxx::transaction_base&)>;
  using Done = std::function<void(Result<std::monostate>)>;
  // Queues the task; `done` is called on a pool thread.
  static void submit(Database& database, Task task, Done done);
  static void submit(Database& database, Read read, Done done);

  template <class Session, class F>
  static auto await(Database& database, F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, Session&>>> {
    using Value = std::invoke_result_t<F, Session&>;
    auto value = std::make_shared<std::optional<Value>>();
    auto outcome = co_await async::resumed_with<Result<std::monostate>>(
        [&database, value, work = std::move(task)](Done resume) mutable {
          const std::function<void(Session&)> fill = [value, work = std::move(work)](Session& session) mutable {
            *value = work(session);
          };
          submit(database, fill, std::move(resume));
        });
    if (!outcome) co_return tl::unexpected(std::move(outcome.error()));
    co_return std::move(**value);
  }
};

template <class F>
auto Database::run(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::work&>>> {
  return DatabaseAccess::await<pqxx::work>(*this, std::move(task));
}

template <class F>
auto Database::read(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::transaction_base&>>> {
  return DatabaseAccess::await<pqxx::transaction_base>(*this, std::move(task));
}

}  // namespace kassaflow::postgres
