#include "simulated_transport.hpp"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <memory>
#include <optional>

#include "kassaflow/async/event.hpp"
#include "kassaflow/base/check.hpp"

namespace kassaflow::simulation {
namespace {

namespace asio = boost::asio;
using http::Failure;
using http::Response;
using http::Sent;

tl::unexpected<Failure> failure(Sent sent, ErrorCode code, std::string partial_answer = {}) {
  return tl::unexpected(Failure{sent, code, "simulated", std::move(partial_answer)});
}

// Behind the scheme: authority and path.
std::string_view without_scheme(std::string_view url) {
  const std::size_t scheme = url.find("://");
  return scheme == std::string_view::npos ? url : url.substr(scheme + 3);
}

std::string_view authority_of(std::string_view url) {
  const std::string_view rest = without_scheme(url);
  return rest.substr(0, rest.find('/'));
}

std::string head_of(const Response& response) {
  return "HTTP/1.1 " + std::to_string(response.status) + " Status\r\nContent-Type: " + response.content_type +
         "\r\nContent-Length: " + std::to_string(response.body.size()) + "\r\n\r\n";
}

// Disarms once, also when the coroutine is given up.
class Armed {
 public:
  explicit Armed(http::WriteGuard& guard) : guard_(guard) {}
  ~Armed() { guard_.disarm(); }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;

 private:
  http::WriteGuard& guard_;
};

// What the sender makes of an answer that has come.
Result<Response, Failure> received(Response response, const Trouble& trouble, std::size_t limit) {
  switch (trouble.answer) {
    case Trouble::Answer::closed:
      return failure(Sent::all, http::kRead);
    case Trouble::Answer::cut:
      return failure(Sent::all, http::kRead, head_of(response) + response.body.substr(0, trouble.cut_after));
    case Trouble::Answer::garbled:
      return failure(Sent::all, http::kMalformed, "\x15\x03\x01" + response.body);
    case Trouble::Answer::silence:
    case Trouble::Answer::whole:
      break;
  }
  if (response.body.size() > limit) {
    return failure(Sent::all, http::kTooLarge, (head_of(response) + response.body).substr(0, limit));
  }
  return response;
}

}  // namespace

// The sender's end of a connection.
struct SimulatedTransport::Exchange {
  explicit Exchange(const Agenda& agenda) : came(agenda.executor(), agenda.clock()) {}
  async::Event came;
  std::optional<Response> response;
};

// True after `time`, false at `until` when that is earlier.
asio::awaitable<bool> SimulatedTransport::passes(Clock::duration time, Clock::time_point until) const {
  if (time <= Clock::duration::zero()) co_return true;
  const bool in_time = agenda_.now() + time <= until;
  co_await async::pause_until(agenda_.clock(), in_time ? agenda_.now() + time : until);
  co_return in_time;
}

void SimulatedTransport::deliver(Host& host, const http::Request& request, const Trouble& trouble,
                                 Host::Reply reply) const {
  if (trouble.on_the_way <= Clock::duration::zero()) return host.take(request, std::move(reply));
  agenda_.after(trouble.on_the_way, [&host, copy = request, reply = std::move(reply)] { host.take(copy, reply); });
}

asio::awaitable<Result<Response, Failure>> SimulatedTransport::send(const http::Request& request,
                                                                    http::WriteGuard& guard) {
  ++requests_;
  const auto deadline = agenda_.now() + request.total_timeout;
  const auto connect_by = std::min(deadline, agenda_.now() + request.connect_timeout);
  const Trouble trouble = draw_(request);
  const auto host = hosts_.find(authority_of(request.url));
  if (host == hosts_.end() || trouble.connection == Trouble::Connection::unresolved) {
    co_return failure(Sent::nothing, http::kDns);
  }
  if (!co_await passes(trouble.connecting, connect_by)) co_return failure(Sent::nothing, http::kTimeout);
  if (trouble.connection == Trouble::Connection::refused) co_return failure(Sent::nothing, http::kConnect);
  if (trouble.connection == Trouble::Connection::untrusted) co_return failure(Sent::nothing, http::kTls);

  const auto write_by = guard.arm();
  if (!write_by) co_return failure(Sent::nothing, http::kGuard);
  bool written_in_time = false;
  {
    const Armed armed(guard);
    written_in_time = co_await passes(trouble.writing, std::min(deadline, *write_by));
  }
  if (trouble.write == Trouble::Write::nothing) {
    co_return failure(Sent::nothing, written_in_time ? http::kWrite : http::kTimeout);
  }
  const auto exchange = std::make_shared<Exchange>(agenda_);
  if (trouble.arrives) {
    deliver(*host->second, request, trouble, [agenda = agenda_, exchange, trouble](const Response& response) {
      if (trouble.answer == Trouble::Answer::silence) return;
      agenda.after(trouble.answer_on_the_way, [exchange, response] {
        check(!exchange->response, "a host replies once");
        exchange->response = response;
        exchange->came.notify();
      });
    });
  }
  if (!written_in_time) co_return failure(Sent::partly, http::kTimeout);
  if (trouble.write == Trouble::Write::part) co_return failure(Sent::partly, http::kWrite);

  if (!exchange->response) co_await exchange->came.wait_until(deadline);
  if (!exchange->response) co_return failure(Sent::all, http::kTimeout);
  co_return received(std::move(*exchange->response), trouble, request.answer_limit);
}

std::string_view path_of(std::string_view url) {
  const std::string_view rest = without_scheme(url);
  const std::size_t path = rest.find('/');
  return path == std::string_view::npos ? "/" : rest.substr(path);
}

std::string_view header_of(const http::Request& request, std::string_view name) {
  for (const auto& [one, value] : request.headers) {
    if (boost::beast::iequals({one.data(), one.size()}, {name.data(), name.size()})) return value;
  }
  return {};
}

}  // namespace kassaflow::simulation
