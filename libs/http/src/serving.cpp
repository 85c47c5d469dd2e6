#include "serving.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::http {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 4096;
}  // namespace

tcp::acceptor listen(const asio::any_io_executor& executor, const std::string& address, std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port);
  tcp::acceptor acceptor(executor);
  acceptor.open(endpoint.protocol());
  acceptor.set_option(asio::socket_base::reuse_address(true));
  acceptor.bind(endpoint);
  acceptor.listen(kBacklog);
  return acceptor;
}

asio::awaitable<std::optional<tcp::socket>> accept(tcp::acceptor& acceptor) {
  while (acceptor.is_open()) {
    auto [error, socket] = co_await acceptor.async_accept(use_tuple);
    if (error == asio::error::operation_aborted) break;
    if (error) {  // out of descriptors: give the kernel a moment
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(10));
      co_await pause.async_wait(use_tuple);
      continue;
    }
    error_code ignored_when_unsupported;
    socket.set_option(tcp::no_delay(true), ignored_when_unsupported);
    co_return std::move(socket);
  }
  co_return std::nullopt;
}

void note_bug(const std::string& server, metrics::Counter* failures, const std::exception_ptr& bug) {
  log::error("http.failed", {{"server", server}, {"error", what_of(bug)}});
  if (failures != nullptr) failures->add();
}

}  // namespace kassaflow::http
