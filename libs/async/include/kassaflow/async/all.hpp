#pragma once
// Coroutines side by side, on the executor of the one that waits for them. Not thread-safe.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <memory>
#include <vector>

#include "kassaflow/async/event.hpp"
#include "kassaflow/base/rethrow.hpp"

namespace kassaflow::async {

// Resumes when all have ended. An exception of one of them is a bug, and ends the process.
inline boost::asio::awaitable<void> all(Clock& clock, std::vector<boost::asio::awaitable<void>> tasks) {
  if (tasks.empty()) co_return;
  struct Running {
    std::size_t count;
    Event none;
  };
  const auto executor = co_await boost::asio::this_coro::executor;
  auto running = std::make_shared<Running>(tasks.size(), Event(executor, clock));
  for (auto& task : tasks) {
    boost::asio::co_spawn(executor, std::move(task), [running](const std::exception_ptr& bug) {
      kRethrow(bug);
      if (--running->count == 0) running->none.notify();
    });
  }
  co_await running->none.wait();
}

}  // namespace kassaflow::async
