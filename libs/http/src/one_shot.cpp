#include "kassaflow/http/one_shot.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "kassaflow/http/url.hpp"
#include "resolve.hpp"

namespace kassaflow::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Clock = std::chrono::steady_clock;
using tcp = asio::ip::tcp;
using boost::system::error_code;
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);

constexpr std::uint32_t kHeaderLimit = 64 * 1024;

std::string wire(const Request& request, const Url& target) {
  std::string bytes = request.method + " " + target.path + " HTTP/1.1\r\nHost: " + target.host_header + "\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n\r\n";
  return bytes + request.body;
}

Failure failure(Sent sent, ErrorCode code, std::string message, std::string partial = {}) {
  return {sent, code, std::move(message), std::move(partial)};
}

void close(beast::tcp_stream& stream) {
  error_code ignored_on_a_dead_socket;
  stream.socket().close(ignored_on_a_dead_socket);
}

asio::ssl::context& client_tls() {
  static asio::ssl::context context = [] {
    asio::ssl::context made(asio::ssl::context::tls_client);
    made.set_default_verify_paths();
    made.set_verify_mode(asio::ssl::verify_peer);
    return made;
  }();
  return context;
}

ErrorCode code_of(const error_code& error, ErrorCode otherwise) {
  return error == beast::error::timeout ? ErrorCode(kTimeout) : otherwise;
}

// Disarms once, also when the coroutine is given up.
class Armed {
 public:
  explicit Armed(WriteGuard& guard) : guard_(&guard) {}
  ~Armed() { disarm(); }
  Armed(const Armed&) = delete;
  Armed& operator=(const Armed&) = delete;
  void disarm() {
    if (auto* guard = std::exchange(guard_, nullptr)) guard->disarm();
  }

 private:
  WriteGuard* guard_;
};

// Writes the request and reads the answer on a connected (and, for https, shaken) stream.
template <class Stream>
asio::awaitable<Result<Response, Failure>> converse(Stream& stream, beast::tcp_stream& lowest, const Request& request,
                                                    const Url& target, Clock::time_point deadline, WriteGuard& guard) {
  const auto bytes = wire(request, target);
  const auto write_by = guard.arm();
  if (!write_by) co_return tl::unexpected(failure(Sent::nothing, kGuard, "the guard did not let the bytes leave"));
  Armed armed(guard);
  lowest.expires_at(std::min(deadline, *write_by));
  std::size_t written = 0;
  error_code error;
  while (written < bytes.size() && !error) {
    // The stream's own limit ends what waits; a process that stood still would write first and hear of it afterwards.
    if (Clock::now() >= *write_by) {
      if (written == 0) co_return tl::unexpected(failure(Sent::nothing, kGuard, "the guard's time was over"));
      error = beast::error::timeout;
      break;
    }
    const auto [write_error, count] =
        co_await stream.async_write_some(asio::buffer(bytes.data() + written, bytes.size() - written), use_tuple);
    error = write_error;
    written += count;
  }
  armed.disarm();
  if (error) {
    // A TLS stream counts nothing of a write that failed, also when its record has left.
    const bool counts = std::is_same_v<Stream, beast::tcp_stream>;
    const auto sent = written == 0 && counts ? Sent::nothing : written < bytes.size() ? Sent::partly : Sent::all;
    co_return tl::unexpected(failure(sent, code_of(error, kWrite), error.message()));
  }

  lowest.expires_at(deadline);
  // What arrived is kept beside the parser: an answer cut short is evidence too.
  beast::http::response_parser<beast::http::string_body> parser;
  parser.header_limit(kHeaderLimit);
  parser.body_limit(request.answer_limit);
  parser.eager(true);
  if (request.method == "HEAD") parser.skip(true);
  beast::flat_buffer buffer;
  std::string seen;
  while (!parser.is_done()) {
    auto room = buffer.prepare(16 * 1024);
    const auto [read_error, count] = co_await stream.async_read_some(room, use_tuple);
    buffer.commit(count);
    if (seen.size() < request.answer_limit)
      seen.append(static_cast<const char*>(room.data()), std::min(count, request.answer_limit - seen.size()));
    error_code parse_error;
    if (read_error) {
      const bool end = read_error == asio::error::eof || read_error == asio::ssl::error::stream_truncated;
      if (end && parser.got_some()) {  // without a length the end of the connection is the end of the answer
        parser.put_eof(parse_error);
        if (!parse_error && parser.is_done()) break;
      }
      co_return tl::unexpected(failure(Sent::all, code_of(read_error, kRead), read_error.message(), std::move(seen)));
    }
    while (buffer.size() > 0 && !parser.is_done()) {
      const auto used = parser.put(buffer.data(), parse_error);
      buffer.consume(used);
      if (parse_error == beast::http::error::need_more) break;
      if (parse_error == beast::http::error::body_limit) {
        co_return tl::unexpected(failure(Sent::all, kTooLarge, "the answer is larger than allowed", std::move(seen)));
      }
      if (parse_error) co_return tl::unexpected(failure(Sent::all, kMalformed, parse_error.message(), std::move(seen)));
    }
    // An interim answer is not the answer.
    if (parser.is_done() && parser.get().result_int() < 200) {
      co_return tl::unexpected(
          failure(Sent::all, kMalformed, "an interim answer instead of the final one", std::move(seen)));
    }
  }
  auto message = parser.release();
  Response response;
  response.status = static_cast<int>(message.result_int());
  response.content_type = std::string(message[beast::http::field::content_type]);
  response.location = std::string(message[beast::http::field::location]);
  response.body = std::move(message.body());
  co_return response;
}

}  // namespace

asio::awaitable<Result<Response, Failure>> one_shot(const Request& request, AddressPolicy addresses,
                                                    WriteGuard& guard) {
  const auto executor = co_await asio::this_coro::executor;
  const auto deadline = Clock::now() + request.total_timeout;
  const auto target = parse_url(request.url, addresses);
  if (!target) {
    const auto& [code, wrong] = target.error();
    co_return tl::unexpected(failure(Sent::nothing, code, "the URL " + wrong));
  }

  std::vector<tcp::endpoint> endpoints;
  if (target->literal) {
    endpoints.emplace_back(*target->literal, target->port);
  } else {
    auto found = co_await resolve(target->host, target->port, request.tenant,
                                  std::min(deadline, Clock::now() + request.connect_timeout));
    if (!found) co_return tl::unexpected(failure(Sent::nothing, kDns, found.error()));
    endpoints = std::move(*found);
  }
  std::erase_if(endpoints, [&](const auto& endpoint) { return !allowed(endpoint.address(), addresses); });
  if (endpoints.empty())
    co_return tl::unexpected(failure(Sent::nothing, kAddressRefused, "the host has no public address"));

  const auto connect_by = std::min(deadline, Clock::now() + request.connect_timeout);
  const auto connect = [&](beast::tcp_stream& stream) -> asio::awaitable<error_code> {
    stream.expires_at(connect_by);
    const auto [error, endpoint] = co_await stream.async_connect(endpoints, use_tuple);
    if (!error) {
      error_code ignored_when_unsupported;
      // From the start: at a time-out the stream closes itself, and nothing of ours may travel on then (exactly-once.md
      // 6).
      stream.socket().set_option(asio::socket_base::linger(true, 0), ignored_when_unsupported);
      stream.socket().set_option(tcp::no_delay(true), ignored_when_unsupported);
      stream.socket().set_option(asio::socket_base::keep_alive(true), ignored_when_unsupported);
    }
    co_return error;
  };

  if (!target->tls) {
    beast::tcp_stream stream(executor);
    if (const auto error = co_await connect(stream)) {
      co_return tl::unexpected(failure(Sent::nothing, code_of(error, kConnect), error.message()));
    }
    auto result = co_await converse(stream, stream, request, *target, deadline, guard);
    close(stream);
    co_return result;
  }
  asio::ssl::stream<beast::tcp_stream> stream(executor, client_tls());
  if (const auto error = co_await connect(stream.next_layer())) {
    co_return tl::unexpected(failure(Sent::nothing, code_of(error, kConnect), error.message()));
  }
  if (!target->literal) SSL_set_tlsext_host_name(stream.native_handle(), target->host.c_str());
  stream.set_verify_callback(asio::ssl::host_name_verification(target->host));
  const auto [shaken] = co_await stream.async_handshake(asio::ssl::stream_base::client, use_tuple);
  if (shaken) co_return tl::unexpected(failure(Sent::nothing, code_of(shaken, kTls), shaken.message()));
  auto result = co_await converse(stream, stream.next_layer(), request, *target, deadline, guard);
  close(stream.next_layer());
  co_return result;
}

}  // namespace kassaflow::http
