#pragma once
// Tells a collector the traces of receipts that have come to their end. What it does not take is lost to it and to
// nobody else: `kassactl receipts trace` makes the same of the stores.
//
// Lives on the executor's one thread.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <deque>
#include <string>
#include <vector>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/http/transport.hpp"
#include "kassaflow/metrics/metrics.hpp"
#include "kassaflow/traces/spans.hpp"

namespace kassaflow::status {

class TraceExporter {
 public:
  // `endpoint`: an OTLP/HTTP URL for traces; empty: nothing is told.
  TraceExporter(const boost::asio::any_io_executor& executor, async::Clock& clock, http::Transport& transport,
                std::string endpoint, metrics::Metrics& metrics);
  // Keeps the last 10,000 spans until they are told.
  void add(std::vector<traces::Span> spans);
  // Until stop(): what has come meanwhile goes out together, at most once a second.
  boost::asio::awaitable<void> run();
  void stop();

 private:
  boost::asio::awaitable<bool> send(const std::vector<traces::Span>& spans);
  void drop_surplus();

  async::Clock& clock_;
  http::Transport& transport_;
  std::string endpoint_;
  std::deque<traces::Span> waiting_;
  async::Event wake_;
  metrics::Counter& sent_;
  metrics::Counter& dropped_;
  bool away_ = false;
  bool stopping_ = false;
};

}  // namespace kassaflow::status
