#pragma once
// A test whose producers live on a loop that it turns itself.

#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>

namespace kassaflow::kafka {

class OnALoop : public testing::Test {
 protected:
  // A producer always waits for events: the loop never runs dry by itself.
  template <class T>
  T run(boost::asio::awaitable<T> work) {
    auto future = boost::asio::co_spawn(io_, std::move(work), boost::asio::use_future);
    io_.restart();
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io_.run_one();
    return future.get();
  }

  boost::asio::io_context io_;
};

}  // namespace kassaflow::kafka
