#pragma once
// How a request leaves the house, handed in to whoever sends one (exactly-once.md 2, 3, 6): the machine's network
// (one_shot.hpp), or in a simulation registers and portals that live in the same process and on its clock.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/http/errors.hpp"

namespace kassaflow::http {

// `arm()` is called after the connection stands and immediately before the first byte is written; it returns by when
// the last one must be, on the clock the transport lives by, and before each piece the clock is looked at again.
// nullopt, or a moment that is over: nothing is written, the request ends as Sent::nothing with kGuard.
// `disarm()` is called after the last byte is written or the write failed.
class WriteGuard {
 public:
  using Clock = std::chrono::steady_clock;
  virtual ~WriteGuard() = default;
  virtual std::optional<Clock::time_point> arm() = 0;
  virtual void disarm() = 0;
};

// For requests that need no guard (queries, probes).
class NoGuard final : public WriteGuard {
 public:
  std::optional<Clock::time_point> arm() override { return Clock::time_point::max(); }
  void disarm() override {}
};

struct Request {
  std::string method = "POST";
  std::string url;  // http or https
  TenantId tenant;  // whose URL it is: names are looked up fairly by tenant (I7)
  std::vector<std::pair<std::string, std::string>>
      headers;  // sent in this order, byte for byte; Host and Content-Length are added
  std::string body;
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds total_timeout{15000};  // resolve to last byte of the answer
  std::size_t answer_limit = 1024 * 1024;
  // A question whose answer may be another's who asked the same so long ago (shared_answers.hpp); 0: an answer of its
  // own.
  std::chrono::milliseconds shared_for{0};
};

struct Response {
  int status = 0;
  std::string content_type;
  std::string location;
  std::string body;
};

// How far the request got when it failed: the difference between a retry and an unknown outcome.
enum class Sent : unsigned char {
  nothing,  // refused, no route, DNS, TLS, guard: not one byte of the request left
  partly,   // the write failed before its last byte
  all,      // everything was handed to the kernel; the answer was lost, cut, oversized or malformed
};

struct Failure {
  Sent sent = Sent::nothing;
  ErrorCode code;  // of errors.hpp
  std::string message;
  std::string partial_answer;  // bytes that did arrive
};

// Every transport keeps these promises:
// * a request has one fresh HTTP/1.1 connection to itself, which is never used again; nothing is ever sent twice, and
// no
//   redirect is followed;
// * `guard` is armed and disarmed once around the bytes, and not at all where no connection stands; a write that is not
//   over by the guard's moment fails;
// * it ends within `total_timeout`, and a failure says how far the bytes got. What was given up is closed so that none
//   of our bytes travels on from here; those on their way may still arrive (exactly-once.md 6).
//
// Runs on the calling coroutine's executor; many requests may be under way at once. `request` and `guard` outlive the
// coroutine, the transport outlives both. Not to be cancelled: how far the request got would be lost.
class Transport {
 public:
  virtual ~Transport() = default;
  [[nodiscard]] virtual boost::asio::awaitable<Result<Response, Failure>> send(const Request& request,
                                                                               WriteGuard& guard) = 0;
};

}  // namespace kassaflow::http
