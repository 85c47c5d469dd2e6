#include "trace_exporter.hpp"

#include <iterator>

#include "kassaflow/async/pause.hpp"
#include "kassaflow/log/log.hpp"
#include "kassaflow/traces/otlp.hpp"

namespace kassaflow::status {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kKept = 10'000;
constexpr std::size_t kTogether = 1'000;
constexpr auto kPause = 1s;
constexpr auto kTimeout = 5s;

metrics::Counter& spans(metrics::Metrics& metrics, const char* result) {
  return metrics.counter("kassaflow_trace_spans_total", {{"result", result}});
}

}  // namespace

TraceExporter::TraceExporter(const boost::asio::any_io_executor& executor, async::Clock& clock,
                             http::Transport& transport, std::string endpoint, metrics::Metrics& metrics)
    : clock_(clock),
      transport_(transport),
      endpoint_(std::move(endpoint)),
      wake_(executor, clock),
      sent_(spans(metrics, "sent")),
      dropped_(spans(metrics, "dropped")) {}

void TraceExporter::add(std::vector<traces::Span> spans) {
  if (endpoint_.empty()) return;
  std::ranges::move(spans, std::back_inserter(waiting_));
  drop_surplus();
  wake_.notify();
}

void TraceExporter::drop_surplus() {
  if (waiting_.size() <= kKept) return;
  const auto surplus = waiting_.size() - kKept;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(surplus));
  dropped_.add(static_cast<double>(surplus));
}

boost::asio::awaitable<void> TraceExporter::run() {
  while (!stopping_) {
    if (waiting_.empty()) {
      co_await wake_.wait();
      continue;
    }
    const auto count = std::min(waiting_.size(), kTogether);
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<traces::Span> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    if (co_await send(batch)) {
      sent_.add(static_cast<double>(count));
    } else {
      waiting_.insert(waiting_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
      drop_surplus();
    }
    co_await async::pause_for(clock_, kPause);
  }
}

boost::asio::awaitable<bool> TraceExporter::send(const std::vector<traces::Span>& spans) {
  http::Request request;
  request.url = endpoint_;
  request.headers = {{"Content-Type", "application/json"}, {"Connection", "close"}};
  request.body = traces::to_otlp(spans);
  request.total_timeout = kTimeout;
  if (request.body.empty()) co_return true;  // none of them has ended
  http::NoGuard guard;
  const auto response = co_await transport_.send(request, guard);
  const bool taken = response && response->status == 200;
  if (!taken && !away_) {
    log::warn("traces.not_taken", {{"status", response ? response->status : 0},
                                   {"reason", response ? std::string() : std::string(response.error().code.name())}});
  }
  away_ = !taken;
  co_return taken;
}

void TraceExporter::stop() {
  stopping_ = true;
  wake_.notify();
}

}  // namespace kassaflow::status
