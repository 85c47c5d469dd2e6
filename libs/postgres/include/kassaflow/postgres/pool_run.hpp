#pragma once
// Pool::run and read, for the files that write SQL.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <optional>
#include <pqxx/pqxx>

#include "kassaflow/postgres/pool.hpp"

namespace kassaflow::postgres {

struct PoolAccess {
  using Task = std::function<void(pqxx::work&)>;
  using Read = std::function<void(pqxx::transaction_base&)>;
  using Done = std::function<void(Result<std::monostate>)>;
  // Queues the task; `done` is called on a pool thread.
  static void submit(Pool& pool, Task task, Done done);
  static void submit(Pool& pool, Read read, Done done);

  template <class Session, class F>
  static auto await(Pool& pool, F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, Session&>>> {
    using Value = std::invoke_result_t<F, Session&>;
    namespace asio = boost::asio;
    auto value = std::make_shared<std::optional<Value>>();
    auto outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<std::monostate>)>(
        [&pool, value, work = std::move(task)](auto handler) mutable {
          const auto executor = asio::get_associated_executor(handler);
          auto shared = std::make_shared<decltype(handler)>(std::move(handler));
          const std::function<void(Session&)> fill = [value, work = std::move(work)](Session& session) mutable {
            *value = work(session);
          };
          submit(pool, fill, [shared, executor](Result<std::monostate> result) {
            asio::post(executor,
                       [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
          });
        },
        asio::use_awaitable);
    if (!outcome) co_return tl::unexpected(std::move(outcome.error()));
    co_return std::move(**value);
  }
};

template <class F>
auto Pool::run(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::work&>>> {
  return PoolAccess::await<pqxx::work>(*this, std::move(task));
}

template <class F>
auto Pool::read(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::transaction_base&>>> {
  return PoolAccess::await<pqxx::transaction_base>(*this, std::move(task));
}

}  // namespace kassaflow::postgres
