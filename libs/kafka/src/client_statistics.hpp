#pragma once
// A few figures of what librdkafka tells of a client every kStatisticsEvery_ms, as kassaflow_kafka_client_*. Reading is
// pure; the class is thread-safe.

#include <librdkafka/rdkafka.h>

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/metrics/metrics.hpp"

namespace kassaflow::kafka {

// For a consumer of 256 partitions librdkafka writes some 200 KB each time.
inline constexpr const char* kStatisticsEvery_ms = "10000";

struct ClientFigures {
  double queued_messages = 0;
  double queued_bytes = 0;
  double connected = 0;  // brokers
  double rtt_s = 0;      // average of the slowest broker since the last time; 0: nothing was asked
  // Since the client began.
  double transmit_errors = 0;
  double receive_errors = 0;
  double timeouts = 0;
};
// Of librdkafka's JSON, as its manual describes it. nullopt: it cannot be read.
[[nodiscard]] std::optional<ClientFigures> read_statistics(std::string_view json);

class ClientStatistics {
 public:
  explicit ClientStatistics(std::string client) : client_(std::move(client)) {}

  void take(std::string_view json);
  // The client is gone; what another one counts comes on top.
  void forget();
  void show(metrics::Metrics& metrics);

 private:
  struct Totals {
    double transmit_errors = 0;
    double receive_errors = 0;
    double timeouts = 0;
  };

  const std::string client_;
  std::mutex mutex_;
  ClientFigures now_;
  Totals before_;  // of clients that are gone
};

}  // namespace kassaflow::kafka
