#pragma once
// Tells the portal each outcome by sale.cashbox.check.apply (bitrix24.md §8, §11), as soon as the portal can know the
// UUID. What is due stands in the view's table, so a push survives restarts. One replica at a time pushes to a portal,
// one request after the other and at the portal's pace; a portal that refuses, hangs or is away rests as a whole and
// delays nobody else (I7).

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/transport.hpp"
#include "kassaflow/postgres/database.hpp"
#include "portal.hpp"
#include "push_sql.hpp"
#include "settings.hpp"

namespace kassaflow::status {

class Pusher {
 public:
  struct Dependencies {
    boost::asio::any_io_executor executor;  // of one thread
    async::Clock& clock;
    postgres::Database& database;
    std::string replica;  // unique among processes
    std::function<std::shared_ptr<const configuration::Snapshot>()> snapshot;
    std::function<boost::asio::awaitable<bool>()> caught_up;  // as CheckDependencies::caught_up
    http::Transport& transport;
    // No push of it is due any more; the portal acknowledged it then, 0: it never did.
    std::function<void(const ViewEntry& known, std::int64_t pushed_at_ms)> ended;
    std::function<void(std::string_view answer)> answered = [](std::string_view) {};  // see Counters::pushed
  };
  Pusher(Dependencies dependencies, const StatusSettings& settings);
  boost::asio::awaitable<void> run();
  // Starts nothing new; resumes when nothing is under way or at the deadline. What is claimed then lapses.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds deadline);

 private:
  struct Portal;
  enum class Next : std::uint8_t { go_on, repeat, leave };

  boost::asio::awaitable<void> look();
  boost::asio::awaitable<void> push_all(sql::Claim claim);
  boost::asio::awaitable<void> push_places(Portal& portal, const std::vector<sql::Claim::Place>& places);
  boost::asio::awaitable<Next> push(Portal& portal, const ReceiptId& receipt);
  boost::asio::awaitable<Next> send(Portal& portal, PortalAddress& address, const sql::Due& due);
  boost::asio::awaitable<Next> conclude(Portal& portal, const sql::Due& due, const bitrix24::Verdict& verdict);
  boost::asio::awaitable<bool> become_current(const configuration::Installation& portal, sql::Due& due);
  boost::asio::awaitable<void> put_off(const sql::Due& due, std::chrono::milliseconds wait, std::string why);
  boost::asio::awaitable<void> give_up(const sql::Due& due, std::string why);
  [[nodiscard]] std::vector<InstallationId> running() const { return {running_.begin(), running_.end()}; }

  Dependencies dependencies_;
  const StatusSettings& settings_;
  std::set<InstallationId> running_;  // under way here
  bool stopping_ = false;
};

}  // namespace kassaflow::status
