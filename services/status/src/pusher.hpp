#pragma once
// Tells the portal each outcome by sale.cashbox.check.apply (bitrix24.md §8, §11), as soon as the portal can know the
// UUID. What is due stands in the view's table, so a push survives restarts; a row is claimed before it is pushed, so
// two replicas do not push at once. Each portal has its own pace and at most one push under way: a slow one delays
// nobody else (I7).

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "check_handler.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/postgres/pool.hpp"
#include "settings.hpp"
#include "view.hpp"

namespace kassaflow::status {

// 2 requests a second with a small burst is always below the portal's limit (bitrix24.md §11.2). Pure: time is an
// argument.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kInterval{500};
  static constexpr int kBurst = 20;
  // When the next request may leave; takes that place.
  Clock::time_point take(Clock::time_point now);
  void rest_until(Clock::time_point until) { next_ = std::max(next_, until + kInterval * kBurst); }

 private:
  Clock::time_point next_{};  // place of the next request were there no burst
};

// min · 2^tries, at most max, with jitter in [0.5, 1]. Pure.
[[nodiscard]] std::chrono::milliseconds back_off(std::chrono::milliseconds min, std::chrono::milliseconds max,
                                                 int tries, double jitter);

class Pusher {
 public:
  Pusher(boost::asio::any_io_executor executor, postgres::Pool& pool, const configuration::Watcher& watcher,
         const StatusSettings& settings, http::AddressPolicy addresses,
         std::function<boost::asio::awaitable<bool>()> caught_up);
  boost::asio::awaitable<void> run();
  void stop() { stopping_ = true; }

  struct Due {
    std::string id;
    std::string installation;
    int tries = 0;
    Known known;
  };

 private:
  struct Portal {
    Pace pace;
    bool busy = false;
    std::string moved_to;  // scheme and host of a renamed portal
  };
  boost::asio::awaitable<void> push_all(std::string installation, std::vector<Due> due);
  boost::asio::awaitable<void> push(Portal& portal, const Due& due);
  boost::asio::awaitable<void> pushed(const Due& due, bool error_told);
  boost::asio::awaitable<void> later(const Due& due, std::chrono::milliseconds wait, std::string why);
  boost::asio::awaitable<void> give_up(const Due& due, std::string why);

  boost::asio::any_io_executor executor_;
  postgres::Pool& pool_;
  const configuration::Watcher& watcher_;
  const StatusSettings& settings_;
  http::AddressPolicy addresses_;
  std::function<boost::asio::awaitable<bool>()> caught_up_;
  std::map<std::string, Portal> portals_;
  std::mt19937 random_{std::random_device{}()};
  bool stopping_ = false;
};

}  // namespace kassaflow::status
