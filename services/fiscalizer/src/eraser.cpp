#include "eraser.hpp"

#include "journal/contents.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/kafka/set_aside.hpp"
#include "kassaflow/log/log.hpp"

namespace kassaflow::fiscalizer {

namespace {
constexpr std::chrono::minutes kPause{10};
}

Eraser::Eraser(const boost::asio::any_io_executor& executor, async::Clock& clock, journal::Store& store,
               std::chrono::milliseconds kept)
    : store_(store), kept_(kept), wake_(executor, clock), ended_(executor, clock) {}

boost::asio::awaitable<void> Eraser::run() {
  while (!stopping_) {
    const auto erased =
        co_await store_.run([kept = kept_](journal::Transaction& tx) { return journal::erase_contents(tx, kept); });
    if (!erased) report(log::Level::warn, "contents.not_erased", erased.error());
    if (erased && *erased > 0) log::info("contents.erased", {{"receipts", *erased}});
    const auto forgotten = co_await store_.run(
        [](journal::Transaction& tx) { return journal::forget_set_aside(tx, kafka::kSetAsideKept); });
    if (!forgotten) report(log::Level::warn, "set_aside.not_forgotten", forgotten.error());
    if (forgotten && *forgotten > 0) log::info("set_aside.forgotten", {{"records", *forgotten}});
    if (!erased || *erased < journal::kErasedTogether) co_await wake_.wait_for(kPause);
  }
  ended_.notify();
}

boost::asio::awaitable<void> Eraser::stop() {
  stopping_ = true;
  wake_.notify();
  co_await ended_.wait();
}

}  // namespace kassaflow::fiscalizer
