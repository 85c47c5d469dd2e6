#include "client_statistics.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

namespace kassaflow::kafka {

namespace json = boost::json;

namespace {

constexpr double kMicroseconds = 1'000'000;

double number(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  boost::system::error_code error;
  const double value = found == nullptr ? 0 : found->to_number<double>(error);
  return error ? 0 : value;
}

std::string_view word(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  const auto* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

void add_broker(const json::object& broker, ClientFigures& figures) {
  figures.transmit_errors += number(broker, "txerrs");
  figures.receive_errors += number(broker, "rxerrs");
  figures.timeouts += number(broker, "req_timeouts");
  const auto* window = broker.if_contains("rtt");
  const auto* rtt = window == nullptr ? nullptr : window->if_object();
  if (rtt != nullptr) figures.rtt_s = std::max(figures.rtt_s, number(*rtt, "avg") / kMicroseconds);
  // A logical one is the group's coordinator, over a connection of its own; below 0 are addresses that nobody has
  // answered at.
  const bool is_broker = word(broker, "source") != "logical" && number(broker, "nodeid") >= 0;
  if (is_broker && word(broker, "state") == "UP") figures.connected += 1;
}

}  // namespace

std::optional<ClientFigures> read_statistics(std::string_view text) {
  boost::system::error_code error;
  const auto parsed = json::parse(text, error);
  const auto* all = error ? nullptr : parsed.if_object();
  if (all == nullptr) return std::nullopt;
  ClientFigures figures;
  figures.queued_messages = number(*all, "msg_cnt");
  figures.queued_bytes = number(*all, "msg_size");
  const auto* brokers = all->if_contains("brokers");
  if (brokers == nullptr || !brokers->is_object()) return figures;
  for (const auto& entry : brokers->get_object()) {
    if (const auto* broker = entry.value().if_object()) add_broker(*broker, figures);
  }
  return figures;
}

void ClientStatistics::take(std::string_view text) {
  const auto figures = read_statistics(text);
  if (!figures) return;
  const std::lock_guard lock(mutex_);
  now_ = *figures;
}

void ClientStatistics::forget() {
  const std::lock_guard lock(mutex_);
  before_.transmit_errors += now_.transmit_errors;
  before_.receive_errors += now_.receive_errors;
  before_.timeouts += now_.timeouts;
  now_ = {};
}

void ClientStatistics::show(metrics::Metrics& metrics) {
  ClientFigures now;
  Totals before;
  {
    const std::lock_guard lock(mutex_);
    now = now_;
    before = before_;
  }
  const metrics::Labels labels{{"client", client_}};
  metrics.gauge("kassaflow_kafka_client_queued_messages", labels).set(now.queued_messages);
  metrics.gauge("kassaflow_kafka_client_queued_bytes", labels).set(now.queued_bytes);
  metrics.gauge("kassaflow_kafka_client_rtt_seconds", labels).set(now.rtt_s);
  metrics.gauge("kassaflow_kafka_client_brokers_connected", labels).set(now.connected);
  const auto failed = [&](const char* kind, double total) {
    metrics.counter("kassaflow_kafka_client_errors_total", {{"client", client_}, {"kind", kind}}).raise_to(total);
  };
  failed("transmit", before.transmit_errors + now.transmit_errors);
  failed("receive", before.receive_errors + now.receive_errors);
  failed("timeout", before.timeouts + now.timeouts);
}

}  // namespace kassaflow::kafka
