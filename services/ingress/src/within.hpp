#pragma once
// A coroutine's result, or nothing when a deadline passes first. What was started goes on by itself: for work that
// cannot be taken back, such as a record handed to Kafka.

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace kassaflow::ingress {

template <class T>
boost::asio::awaitable<std::optional<T>> within(std::chrono::steady_clock::time_point deadline,
                                                boost::asio::awaitable<T> work) {
  namespace asio = boost::asio;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;

  const auto start = [&executor, deadline, &work](auto handler) {
    using Waiting = decltype(handler);
    struct Race {
      Race(const asio::any_io_executor& on, Waiting waiting) : timer(on), handler(std::move(waiting)) {}
      void finish(std::exception_ptr error, std::optional<T> result) {
        if (settled.exchange(true)) return;
        const auto to = asio::get_associated_executor(handler, timer.get_executor());
        asio::post(to, [h = std::move(handler), error, r = std::move(result)]() mutable {
          std::move(h)(error, std::move(r));
        });
      }
      asio::steady_timer timer;
      Waiting handler;
      std::atomic<bool> settled{false};
    };
    auto race = std::make_shared<Race>(executor, std::move(handler));
    race->timer.expires_at(deadline);
    race->timer.async_wait([race](const boost::system::error_code& error) {
      if (!error) race->finish(nullptr, std::nullopt);
    });
    asio::co_spawn(executor, std::move(work), [race](std::exception_ptr error, T result) {
      race->finish(error, error ? std::nullopt : std::optional<T>(std::move(result)));
      race->timer.cancel();
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(std::exception_ptr, std::optional<T>)>(
      start, asio::use_awaitable);
}

}  // namespace kassaflow::ingress
