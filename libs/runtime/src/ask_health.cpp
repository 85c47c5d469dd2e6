#include "ask_health.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

namespace kassaflow::runtime {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

std::string reachable(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  if (address == "::") return "::1";
  return address;
}

asio::awaitable<std::string> ask(std::string address, std::uint16_t port, std::string target) {
  asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
  const auto found = co_await resolver.async_resolve(address, std::to_string(port), asio::use_awaitable);
  beast::tcp_stream stream(co_await asio::this_coro::executor);
  stream.expires_after(std::chrono::seconds(5));
  co_await stream.async_connect(found, asio::use_awaitable);
  beast::http::request<beast::http::empty_body> request(beast::http::verb::get, target, 11);
  request.set(beast::http::field::host, address);
  request.set(beast::http::field::connection, "close");
  co_await beast::http::async_write(stream, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  beast::http::response<beast::http::string_body> response;
  co_await beast::http::async_read(stream, buffer, response, asio::use_awaitable);
  if (response.result() == beast::http::status::ok) co_return std::string();
  co_return std::to_string(response.result_int()) + ": " + response.body();
}

}  // namespace

std::string ask_health(const std::string& address, std::uint16_t port, const std::string& target) {
  asio::io_context io(1);
  auto wrong = asio::co_spawn(io, ask(reachable(address), port, target), asio::use_future);
  io.run();
  try {
    return wrong.get();
  } catch (const std::exception& error) {
    return address + " port " + std::to_string(port) + ": " + error.what();
  }
}

}  // namespace kassaflow::runtime
