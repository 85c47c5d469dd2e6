#include "kassaflow/http/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "kassaflow/http/errors.hpp"
#include "kassaflow/http/url.hpp"
#include "peer_tls.hpp"
#include "resolve.hpp"

namespace kassaflow::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using tcp = asio::ip::tcp;

namespace {

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kAnswerLimit = 1024 * 1024;

using Request = beast::http::request<beast::http::string_body>;
using Parser = beast::http::response_parser<beast::http::string_body>;

tl::unexpected<Error> failure(const error_code& error) {
  const bool malformed = error.category() == beast::http::make_error_code(beast::http::error::bad_target).category() &&
                         error != beast::http::error::end_of_stream && error != beast::http::error::partial_message;
  return fail(error == beast::error::timeout ? kTimeout : malformed ? kMalformed : kClosed, error.message());
}

}  // namespace

struct Client::Impl {
  Impl(asio::any_io_executor e, const std::string& address, identity::Files own, std::string service)
      : executor(std::move(e)),
        host(address.substr(0, address.rfind(':'))),
        // 0, which nobody answers at, where it is none; settings check what people write.
        port(parse_port(std::string_view(address).substr(address.rfind(':') + 1)).value_or(0)),
        identity(std::move(own)),
        peer(std::move(service)) {}

  asio::awaitable<Result<std::monostate>> connect(Clock::time_point deadline) {
    const auto endpoints = co_await resolve(host, port, TenantId(), deadline);
    if (!endpoints) co_return fail(kDns, host + ": " + endpoints.error());
    try {
      tls.emplace(peer_tls(identity, peer));  // the files may have been replaced
    } catch (const boost::system::system_error& unread) {
      co_return fail(kTls, unread.what());
    }
    stream.emplace(executor, *tls);
    auto& tcp_stream = stream->next_layer();
    tcp_stream.expires_at(deadline);
    const auto [error, endpoint] = co_await tcp_stream.async_connect(*endpoints, use_tuple);
    if (error) co_return fail(error == beast::error::timeout ? kTimeout : kConnect, error.message());
    error_code ignored_when_unsupported;
    tcp_stream.socket().set_option(tcp::no_delay(true), ignored_when_unsupported);
    const auto [refused] = co_await stream->async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (refused) co_return fail(refused == beast::error::timeout ? kTimeout : kTls, refused.message());
    co_return std::monostate{};
  }

  asio::awaitable<Result<Answer>> exchange(const Request& request, Clock::time_point deadline) {
    stream->next_layer().expires_at(deadline);
    const auto [unwritten, written] = co_await beast::http::async_write(*stream, request, use_tuple);
    if (unwritten) co_return failure(unwritten);
    Parser parser;
    parser.body_limit(kAnswerLimit);
    const auto [unread, count] = co_await beast::http::async_read(*stream, input, parser, use_tuple);
    if (unread) co_return failure(unread);
    auto message = parser.release();
    if (!message.keep_alive()) close();
    co_return Answer{static_cast<int>(message.result_int()), std::string(message[beast::http::field::content_type]),
                     std::move(message.body())};
  }

  void close() {
    stream.reset();
    input.clear();
  }

  const asio::any_io_executor executor;
  const std::string host;
  const std::uint16_t port;
  const identity::Files identity;
  const std::string peer;
  std::optional<asio::ssl::context> tls;  // of the connection
  std::optional<asio::ssl::stream<beast::tcp_stream>> stream;
  beast::flat_buffer input;
};

Client::Client(asio::any_io_executor executor, const std::string& address, identity::Files identity, std::string peer)
    : impl_(std::make_unique<Impl>(std::move(executor), address, std::move(identity), std::move(peer))) {}
Client::~Client() = default;

asio::awaitable<Result<Client::Answer>> Client::post(std::string target, std::string content_type, std::string body,
                                                     Clock::time_point deadline) {
  Impl& impl = *impl_;
  Request request(beast::http::verb::post, target, 11, std::move(body));
  request.set(beast::http::field::host, impl.host + ":" + std::to_string(impl.port));
  request.set(beast::http::field::content_type, content_type);
  request.prepare_payload();
  for (;;) {
    const bool kept = impl.stream.has_value();
    if (!kept) {
      if (auto connected = co_await impl.connect(deadline); !connected) {
        impl.close();
        co_return tl::unexpected(std::move(connected.error()));
      }
    }
    auto answer = co_await impl.exchange(request, deadline);
    if (answer) co_return answer;
    impl.close();
    if (!kept || answer.error().code != kClosed) co_return answer;
  }
}

}  // namespace kassaflow::http
