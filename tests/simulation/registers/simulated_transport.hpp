#pragma once
// A transport without sockets: hosts that live in this process, connections that break in every way a real one can, and
// time-outs on the virtual clock. It keeps the promises of http::Transport as one_shot keeps them.
//
// Deterministic: what goes wrong is handed in. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "agenda.hpp"
#include "kassaflow/http/transport.hpp"

namespace kassaflow::simulation {

// What becomes of one connection.
struct Trouble {
  enum class Connection : std::uint8_t { stands, unresolved, refused, untrusted };
  enum class Write : std::uint8_t {
    whole,
    nothing,  // the connection breaks under the first byte
    part,     // … before the last one was taken, for all the sender can see
  };
  enum class Answer : std::uint8_t {
    whole,
    closed,   // the connection ends without a byte of it
    cut,      // … after `cut_after` bytes of its body
    garbled,  // it is no HTTP
    silence,  // it never comes
  };

  Connection connection = Connection::stands;
  Clock::duration connecting{};
  Write write = Write::whole;
  Clock::duration writing{};  // from the guard's arm() to the last byte
  bool arrives = true;        // the host gets the request, whatever the sender was told; not where nothing was written
  Clock::duration on_the_way{};
  Answer answer = Answer::whole;
  Clock::duration answer_on_the_way{};
  std::size_t cut_after = 0;
};

// Who answers at an address.
class Host {
 public:
  using Reply = std::function<void(const http::Response&)>;
  virtual ~Host() = default;
  // A whole request has arrived. `reply` is called once, now or later, or never; when the sender has gone by then, it
  // does nothing.
  virtual void take(const http::Request& request, Reply reply) = 0;
};

class SimulatedTransport final : public http::Transport {
 public:
  explicit SimulatedTransport(Agenda agenda) : agenda_(std::move(agenda)) {}

  // `authority` as URLs have it: "kkt.example:44735". Hosts outlive the transport.
  void add(std::string authority, Host& host) { hosts_.insert_or_assign(std::move(authority), &host); }
  // Asked before each connection.
  void trouble(std::function<Trouble(const http::Request&)> draw) { draw_ = std::move(draw); }

  boost::asio::awaitable<Result<http::Response, http::Failure>> send(const http::Request& request,
                                                                     http::WriteGuard& guard) override;

  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  struct Exchange;
  boost::asio::awaitable<bool> passes(Clock::duration time, Clock::time_point until) const;
  void deliver(Host& host, const http::Request& request, const Trouble& trouble, Host::Reply reply) const;

  Agenda agenda_;
  std::map<std::string, Host*, std::less<>> hosts_;
  std::function<Trouble(const http::Request&)> draw_ = [](const http::Request&) { return Trouble(); };
  std::uint64_t requests_ = 0;
};

// The path of a URL, with its query.
[[nodiscard]] std::string_view path_of(std::string_view url);
// Empty when there is none; names are compared without regard to case.
[[nodiscard]] std::string_view header_of(const http::Request& request, std::string_view name);

}  // namespace kassaflow::simulation
