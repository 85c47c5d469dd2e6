#include "resolve.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

namespace kassaflow::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using Found = Result<Addresses, std::string>;
using LookedUp = Result<Addresses, error_code>;

struct Names::Waiter {
  asio::steady_timer done;
  std::optional<Found> found;  // touched on the waiter's own executor only
  explicit Waiter(const asio::any_io_executor& executor) : done(executor) {}
};

// All under one lock, held for moments. Threads that look up share it.
struct Names::Book : std::enable_shared_from_this<Names::Book> {
  struct Entry {
    Addresses addresses;  // what worked; empty: nothing did, or it is no longer so
    Clock::time_point found{};
    std::string failure;  // of the last look-up, if it failed
    int failures = 0;     // in a row
    Clock::time_point again{};
    bool under_way = false;
    std::set<TenantId> wanted_by;  // in whose lines it stands
    std::vector<std::weak_ptr<Waiter>> waiters;
    std::list<std::string>::iterator use;

    [[nodiscard]] bool idle() const { return !under_way && wanted_by.empty(); }
    [[nodiscard]] bool worked_within(Clock::duration limit, Clock::time_point time) const {
      return !addresses.empty() && time - found < limit;
    }
    [[nodiscard]] bool may_be_looked_up(Clock::time_point time) const {
      return !under_way && time >= again && !worked_within(kFresh, time);
    }
  };
  struct Line {                                        // of a tenant
    std::array<std::deque<std::string>, 2> waiting{};  // names that never failed, and the others
    std::size_t under_way = 0;
    bool in_round = false;

    [[nodiscard]] std::size_t length() const { return waiting[0].size() + waiting[1].size(); }
    [[nodiscard]] bool may_start() const { return length() > 0 && under_way < kOfOneTenant; }
  };

  Book(LookUp look_up_by, std::function<Clock::time_point()> clock)
      : look_up(std::move(look_up_by)), now(std::move(clock)) {}

  // What is known now, or nullopt: `waiter` will be told.
  std::optional<Found> ask(const std::string& name, const TenantId& asking, const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex);
    Entry* entry = entry_of(name);
    if (entry == nullptr) return tl::unexpected(std::string("too many names are being looked up"));
    const auto time = now();
    const bool in_line = !entry->may_be_looked_up(time) || want(name, *entry, asking);
    if (entry->worked_within(kServed, time)) return entry->addresses;
    if (time < entry->again) return tl::unexpected(entry->failure);
    if (!in_line) return tl::unexpected(std::string("too many names of this tenant wait to be looked up"));
    std::erase_if(entry->waiters, [](const auto& one) { return one.expired(); });
    entry->waiters.push_back(waiter);
    return std::nullopt;
  }

  // Afterwards nobody tells it, and its executor may go.
  void leave(std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex);
    waiter.reset();
  }

 private:
  // Makes it the last used. nullptr: so many names are being looked up that there is no room.
  Entry* entry_of(const std::string& name) {
    if (const auto known = entries.find(name); known != entries.end()) {
      by_use.splice(by_use.begin(), by_use, known->second.use);
      return &known->second;
    }
    if (entries.size() >= kNames && !forget_one()) return nullptr;
    by_use.push_front(name);
    Entry& made = entries[name];
    made.use = by_use.begin();
    return &made;
  }

  bool forget_one() {
    for (std::size_t looked_at = 0; looked_at < by_use.size(); ++looked_at) {
      const auto longest = std::prev(by_use.end());
      const auto entry = entries.find(*longest);
      if (entry->second.idle()) {
        entries.erase(entry);
        by_use.erase(longest);
        return true;
      }
      by_use.splice(by_use.begin(), by_use, longest);
    }
    return false;
  }

  // False: the tenant has no place left in its line.
  bool want(const std::string& name, Entry& entry, const TenantId& asking) {
    if (entry.wanted_by.contains(asking)) return true;
    Line& line = lines[asking];
    if (line.length() >= kWaiting) return false;
    entry.wanted_by.insert(asking);
    line.waiting[entry.failures == 0 ? 0 : 1].push_back(name);
    join_round(asking, line);
    start();
    return true;
  }

  void join_round(const TenantId& tenant, Line& line) {
    if (line.in_round || !line.may_start()) return;
    line.in_round = true;
    round.push_back(tenant);
  }

  void start() {
    while (under_way < kUnderWay && !round.empty()) {
      const TenantId tenant = std::move(round.front());
      round.pop_front();
      Line& line = lines.at(tenant);
      line.in_round = false;
      auto& waiting = line.waiting[line.waiting[0].empty() ? 1 : 0];
      const std::string name = std::move(waiting.front());
      waiting.pop_front();
      Entry& entry = entries.at(name);
      entry.wanted_by.erase(tenant);
      if (entry.may_be_looked_up(now())) start(name, entry, tenant, line);
      leave_if_done(tenant, line);
    }
  }

  void start(const std::string& name, Entry& entry, const TenantId& tenant, Line& line) {
    entry.under_way = true;
    ++line.under_way;
    ++under_way;
    try {
      std::thread([book = shared_from_this(), name, tenant] { book->run(name, tenant); }).detach();
    } catch (const std::system_error&) {  // no more threads: as a name server that is away
      settle(entry, line, tl::unexpected(error_code(asio::error::host_not_found_try_again)));
    }
  }

  void run(const std::string& name, const TenantId& tenant) {
    const auto looked_up = look_up(name);
    const std::lock_guard lock(mutex);
    Line& line = lines.at(tenant);
    settle(entries.at(name), line, looked_up);
    leave_if_done(tenant, line);
    start();
  }

  void leave_if_done(const TenantId& tenant, Line& line) {
    if (line.length() == 0 && line.under_way == 0) {
      lines.erase(tenant);
    } else {
      join_round(tenant, line);
    }
  }

  void settle(Entry& entry, Line& line, const LookedUp& looked_up) {
    --under_way;
    --line.under_way;
    entry.under_way = false;
    if (looked_up && !looked_up->empty()) {
      entry.addresses.assign(looked_up->begin(),
                             looked_up->begin() + static_cast<std::ptrdiff_t>(std::min(looked_up->size(), kAddresses)));
      entry.found = now();
      entry.failures = 0;
      entry.again = {};
    } else {
      const auto error = looked_up ? error_code(asio::error::no_data) : looked_up.error();
      if (error == asio::error::host_not_found || error == asio::error::no_data) entry.addresses.clear();
      entry.failure = error.message();
      entry.again = now() + std::min<Clock::duration>(kPenaltyMax, kPenaltyMin * (1 << std::min(entry.failures, 10)));
      ++entry.failures;
    }
    const Found found =
        looked_up && !looked_up->empty() ? Found(entry.addresses) : Found(tl::unexpected(entry.failure));
    for (const auto& one : std::exchange(entry.waiters, {})) {
      auto waiter = one.lock();
      if (!waiter) continue;
      const auto executor = waiter->done.get_executor();
      asio::post(executor, [waiter = std::move(waiter), found] {
        waiter->found = found;
        waiter->done.cancel();
      });
    }
  }

  const LookUp look_up;
  const std::function<Clock::time_point()> now;

  std::mutex mutex;
  std::unordered_map<std::string, Entry> entries;
  std::list<std::string> by_use;             // of entries, the last used first
  std::unordered_map<TenantId, Line> lines;  // of tenants with something under way or waiting
  std::deque<TenantId> round;                // whose line may start something, in turn
  std::size_t under_way = 0;
};

Names::Names(LookUp look_up, std::function<Clock::time_point()> now)
    : book_(std::make_shared<Book>(std::move(look_up), std::move(now))) {}

struct Names::Waiting {
  explicit Waiting(std::shared_ptr<Book> given, const asio::any_io_executor& executor)
      : book(std::move(given)), waiter(std::make_shared<Waiter>(executor)) {}
  ~Waiting() { book->leave(waiter); }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

  std::shared_ptr<Book> book;
  std::shared_ptr<Waiter> waiter;
};

asio::awaitable<Found> Names::find(std::string name, TenantId asking, Clock::time_point deadline) {
  const Waiting waiting(book_, co_await asio::this_coro::executor);
  const auto& waiter = waiting.waiter;
  waiter->done.expires_at(deadline);
  auto known = book_->ask(name, asking, waiter);
  if (known) co_return std::move(*known);
  error_code ignored_when_found;
  if (!waiter->found) {
    co_await waiter->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored_when_found));
  }
  if (!waiter->found) co_return tl::unexpected(std::string("the name was not resolved in time"));
  co_return std::move(*waiter->found);
}

namespace {

LookedUp by_the_system(const std::string& name) {
  asio::io_context io;
  tcp::resolver resolver(io);
  error_code error;
  const auto entries = resolver.resolve(name, "", error);
  if (error) return tl::unexpected(error);
  Addresses addresses;
  for (const auto& entry : entries) addresses.push_back(entry.endpoint().address());
  return addresses;
}

// Never destroyed: a thread inside getaddrinfo must not hold the end of the process.
Names& names() {
  static auto* instance = new Names(by_the_system);
  return *instance;
}

}  // namespace

asio::awaitable<Result<Endpoints, std::string>> resolve(std::string host, std::uint16_t port, TenantId asking,
                                                        std::chrono::steady_clock::time_point deadline) {
  auto found = co_await names().find(std::move(host), std::move(asking), deadline);
  if (!found) co_return tl::unexpected(std::move(found.error()));
  Endpoints endpoints;
  for (const auto& address : *found) endpoints.emplace_back(address, port);
  co_return endpoints;
}

}  // namespace kassaflow::http
