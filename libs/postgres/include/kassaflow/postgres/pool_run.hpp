#pragma once
// Pool::run, for the files that write SQL.

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
  using Done = std::function<void(Result<std::monostate>)>;
  // Queues the task; `done` is called on a pool thread.
  static void submit(Pool& pool, std::function<void(pqxx::work&)> task, Done done);
};

template <class F>
auto Pool::run(F task) -> boost::asio::awaitable<Result<std::invoke_result_t<F, pqxx::work&>>> {
  using Value = std::invoke_result_t<F, pqxx::work&>;
  namespace asio = boost::asio;
  auto value = std::make_shared<std::optional<Value>>();
  auto outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<std::monostate>)>(
      [this, value, work = std::move(task)](auto handler) mutable {
        const auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        PoolAccess::submit(
            *this, [value, work = std::move(work)](pqxx::work& transaction) mutable { *value = work(transaction); },
            [shared, executor](Result<std::monostate> result) {
              asio::post(executor,
                         [shared, result = std::move(result)]() mutable { std::move (*shared)(std::move(result)); });
            });
      },
      asio::use_awaitable);
  if (!outcome) co_return tl::unexpected(std::move(outcome.error()));
  co_return std::move(**value);
}

}  // namespace kassaflow::postgres
