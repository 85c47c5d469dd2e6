#pragma once
// An io_context on a thread of its own, and how a test waits for what happens there. What never happens ends the test
// after `kHang` instead of holding it for ever; nothing is measured by it.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>
#include <utility>

namespace kassaflow::http::tests {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::chrono::seconds kHang{30};

class IoThread {
 public:
  IoThread() : work_(asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~IoThread() { stop(); }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  [[nodiscard]] asio::io_context::executor_type executor() { return io_.get_executor(); }

  template <class T>
  std::future<T> start(asio::awaitable<T> work) {
    return asio::co_spawn(io_, std::move(work), asio::use_future);
  }
  template <class T>
  T wait(std::future<T> future) {
    if (future.wait_for(kHang) != std::future_status::ready) {
      stop();  // what it refers to may go now
      throw std::runtime_error("hangs");
    }
    return future.get();
  }
  template <class T>
  T run(asio::awaitable<T> work) {
    return wait(start(std::move(work)));
  }

  // Whoever owns something that lives on this thread calls it first.
  void stop() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

// Holds coroutines of an IoThread until the test lets them on.
class Gate {
 public:
  explicit Gate(IoThread& io) : timer_(io.executor(), asio::steady_timer::time_point::max()) {}

  void open() {
    asio::post(timer_.get_executor(), [this] {
      open_ = true;
      timer_.cancel();
    });
  }
  asio::awaitable<void> pass() {
    error_code cancelled_when_open;
    if (!open_) co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled_when_open));
  }

 private:
  asio::steady_timer timer_;
  bool open_ = false;
};

}  // namespace kassaflow::http::tests
