#include "resolve.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

namespace kassaflow::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Found = Result<Endpoints, std::string>;

constexpr std::size_t kThreads = 32;  // so many names may be dead at once before others wait

struct Waiter {
  asio::steady_timer done;
  std::optional<Found> found;  // touched on the waiter's own executor only
  explicit Waiter(const asio::any_io_executor& executor) : done(executor) {}
};

Found look_up(const std::string& host, const std::string& port) {
  asio::io_context io;
  tcp::resolver resolver(io);
  boost::system::error_code error;
  const auto entries = resolver.resolve(host, port, error);
  if (error) return tl::unexpected(error.message());
  Endpoints endpoints;
  for (const auto& entry : entries) endpoints.push_back(entry.endpoint());
  return endpoints;
}

class LookUps {
 public:
  void join(const std::string& host, const std::string& port, std::shared_ptr<Waiter> waiter) {
    const std::lock_guard lock(mutex_);
    auto& waiters = running_[{host, port}];
    waiters.push_back(std::move(waiter));
    if (waiters.size() == 1) asio::post(threads_, [this, host, port] { run(host, port); });
  }

 private:
  void run(const std::string& host, const std::string& port) {
    const auto found = look_up(host, port);
    std::vector<std::shared_ptr<Waiter>> waiters;
    {
      const std::lock_guard lock(mutex_);
      waiters.swap(running_[{host, port}]);
      running_.erase({host, port});
    }
    for (auto& waiter : waiters) {
      asio::post(waiter->done.get_executor(), [waiter, found] {
        waiter->found = found;
        waiter->done.cancel();
      });
    }
  }

  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, std::vector<std::shared_ptr<Waiter>>> running_;
  asio::thread_pool threads_{kThreads};
};

// Never destroyed: a thread inside getaddrinfo must not hold the end of the process.
LookUps& look_ups() {
  static auto* instance = new LookUps;
  return *instance;
}

}  // namespace

asio::awaitable<Found> resolve(std::string host, std::string port, std::chrono::steady_clock::time_point deadline) {
  auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor);
  waiter->done.expires_at(deadline);
  look_ups().join(host, port, waiter);
  boost::system::error_code ignored_when_found;
  if (!waiter->found) {
    co_await waiter->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored_when_found));
  }
  if (!waiter->found) co_return tl::unexpected(std::string("the name was not resolved in time"));
  co_return std::move(*waiter->found);
}

}  // namespace kassaflow::http
