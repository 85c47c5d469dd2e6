#pragma once
// Names to addresses, so that no dead name holds up another tenant's (invariant I7). getaddrinfo keeps the system's
// rules (/etc/hosts, search domains), but blocks and cannot be cancelled: each look-up has a thread, and threads are
// shared out by tenant.
//
// * What worked is served at once for `kServed` after a name server last said it, and looked up again in the background
//   once it is older than `kFresh`. So an address is used for 10 minutes at most after its owner gave it up, and that
//   only where no name server answers: longer than one takes to start again, shorter than an address takes to be
//   somebody else's. Where a name server says that there is no such name, nothing more is served.
// * What failed is not looked up again for a second, twice as long after each failure in a row, a minute at most:
//   whoever asks meanwhile is told the failure at once. Within a tenant, names that never failed go first.
// * A tenant has at most `kOfOneTenant` look-ups under way, and what is free goes round the tenants that wait.
//
// Whoever connects checks each address he is given against his policy, cached or not (http/address.hpp): a name that
// is bound again to another address leads nowhere else.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"

namespace kassaflow::http {

using Addresses = std::vector<boost::asio::ip::address>;
using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;

// Thread-safe. What it has begun to look up may outlive it.
class Names {
 public:
  using Clock = std::chrono::steady_clock;
  // Blocks, on a thread of its own; many at once. host_not_found and no_data: a name server says that there is none.
  using LookUp = std::function<Result<Addresses, boost::system::error_code>(const std::string& name)>;

  static constexpr std::chrono::seconds kFresh{5};
  static constexpr std::chrono::minutes kServed{10};
  static constexpr std::chrono::seconds kPenaltyMin{1};
  static constexpr std::chrono::seconds kPenaltyMax{60};
  static constexpr std::size_t kUnderWay = 256;     // look-ups; a thread each, which mostly sleeps
  static constexpr std::size_t kOfOneTenant = 32;   // of these
  static constexpr std::size_t kWaiting = 1024;     // names of one tenant; more are told so
  static constexpr std::size_t kNames = 64 * 1024;  // about 20 MB; the longest unused is forgotten
  static constexpr std::size_t kAddresses = 16;     // of one name

  explicit Names(LookUp look_up, std::function<Clock::time_point()> now = Clock::now);

  // At most `kAddresses`, not none. `asking`: whose name it is, empty: our own. Resumes on the caller's executor, by
  // `deadline` at the latest. The error is a text for logs.
  boost::asio::awaitable<Result<Addresses, std::string>> find(std::string name, TenantId asking,
                                                              Clock::time_point deadline);

 private:
  struct Waiter;
  struct Waiting;
  struct Book;
  std::shared_ptr<Book> book_;
};

// The machine's names, one book a process. Thread-safe.
boost::asio::awaitable<Result<Endpoints, std::string>> resolve(std::string host, std::uint16_t port, TenantId asking,
                                                               std::chrono::steady_clock::time_point deadline);

}  // namespace kassaflow::http
