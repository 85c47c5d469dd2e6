#include "caught_up.hpp"

#include <chrono>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/positions/positions.hpp"
#include "kassaflow/postgres/database_run.hpp"

namespace kassaflow::status {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kLimit = 2000ms;
constexpr auto kLook = 20ms;
}  // namespace

asio::awaitable<bool> CaughtUp::operator()() {
  const auto until = clock_.now() + kLimit;
  const auto before = co_await database_.run([](pqxx::work& work) { return positions::load(work); });
  if (!before) co_return false;
  const auto ends = co_await log_ends_.ask(*before);
  if (ends.empty()) co_return false;
  while (!kafka::reached(stored_, ends)) {
    if (clock_.now() >= until) co_return false;
    if (!reading_) {
      reading_ = true;
      auto stored = co_await database_.run([](pqxx::work& work) { return positions::load(work); });
      reading_ = false;
      if (stored) stored_ = std::move(*stored);
      if (kafka::reached(stored_, ends)) break;
    }
    co_await async::pause_for(clock_, kLook);
  }
  co_return true;
}

}  // namespace kassaflow::status
