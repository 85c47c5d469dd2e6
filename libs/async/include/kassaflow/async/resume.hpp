#pragma once
// A coroutine waits for what another thread will say.

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

namespace kassaflow::async {

// Calls `start(resume)` at once; `resume(value)`, called once and from any thread, resumes the coroutine with the value
// on the coroutine's own executor. A `resume` that is dropped leaves the coroutine waiting for ever.
template <class T, class Start>
boost::asio::awaitable<T> resumed_with(Start start) {
  namespace asio = boost::asio;
  return asio::async_initiate<const asio::use_awaitable_t<>, void(T)>(
      [start = std::move(start)](auto handler) mutable {
        const auto executor = asio::get_associated_executor(handler);
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));  // std::function wants a copy
        start([shared, executor](T value) {
          asio::post(executor, [shared, value = std::move(value)]() mutable { std::move (*shared)(std::move(value)); });
        });
      },
      asio::use_awaitable);
}

}  // namespace kassaflow::async
