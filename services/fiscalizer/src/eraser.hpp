#pragma once
// Erases contents that have been kept for long enough (journal/contents.hpp), now and then: any worker does, whoever
// holds the shards. Lives on the fiscalizer's one executor thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "journal/store.hpp"
#include "kassaflow/async/event.hpp"

namespace kassaflow::fiscalizer {

class Eraser {
 public:
  Eraser(const boost::asio::any_io_executor& executor, async::Clock& clock, journal::Store& store,
         std::chrono::milliseconds kept);
  boost::asio::awaitable<void> run();
  // Resumes when nothing is under way.
  boost::asio::awaitable<void> stop();

 private:
  journal::Store& store_;
  std::chrono::milliseconds kept_;
  async::Event wake_;
  async::Event ended_;
  bool stopping_ = false;
};

}  // namespace kassaflow::fiscalizer
