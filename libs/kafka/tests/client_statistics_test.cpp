#include "src/client_statistics.hpp"

#include <gtest/gtest.h>

namespace kassaflow::kafka {
namespace {

// As librdkafka 2.0.2 writes it, shortened.
constexpr const char* kTold = R"({
  "name": "rdkafka#producer-1", "client_id": "ingress-1", "type": "producer", "ts": 1, "time": 1796054400, "age": 10000,
  "replyq": 0, "msg_cnt": 3, "msg_size": 3072, "msg_max": 100000, "msg_size_max": 1073741824,
  "brokers": {
    "sasl_ssl://127.0.0.1:9092/1": {"name": "sasl_ssl://127.0.0.1:9092/1", "nodeid": 1, "source": "configured",
      "state": "UP", "txerrs": 2, "rxerrs": 1, "req_timeouts": 4, "rtt": {"min": 200, "max": 900, "avg": 400, "cnt": 25}},
    "sasl_ssl://127.0.0.1:9093/2": {"nodeid": 2, "source": "learned", "state": "UP", "txerrs": 1, "rxerrs": 0,
      "req_timeouts": 0, "rtt": {"min": 200, "max": 9000, "avg": 2500, "cnt": 25}},
    "sasl_ssl://127.0.0.1:9094/3": {"nodeid": 3, "source": "learned", "state": "CONNECT", "txerrs": 0, "rxerrs": 0,
      "req_timeouts": 0, "rtt": {"min": 0, "max": 0, "avg": 0, "cnt": 0}},
    "sasl_ssl://127.0.0.1:9092/bootstrap": {"nodeid": -1, "source": "configured", "state": "UP"},
    "GroupCoordinator": {"nodeid": 1, "source": "logical", "state": "UP"}
  }, "topics": {}, "tx": 57})";

TEST(ClientStatistics, AreReadFromWhatLibrdkafkaTells) {
  const auto figures = read_statistics(kTold);
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->queued_messages, 3);
  EXPECT_EQ(figures->queued_bytes, 3072);
  EXPECT_EQ(figures->connected, 2);
  EXPECT_DOUBLE_EQ(figures->rtt_s, 0.0025);
  EXPECT_EQ(figures->transmit_errors, 3);
  EXPECT_EQ(figures->receive_errors, 1);
  EXPECT_EQ(figures->timeouts, 4);
}

TEST(ClientStatistics, WhatCannotBeReadSaysNothing) {
  EXPECT_FALSE(read_statistics("{"));
  EXPECT_FALSE(read_statistics("[]"));
  EXPECT_TRUE(read_statistics(R"({"msg_cnt": "x", "brokers": {"a": 1, "b": {"rtt": 5, "state": []}}})"));
}

TEST(ClientStatistics, ErrorsOfClientsThatAreGoneStayCounted) {
  metrics::Metrics metrics(10);
  ClientStatistics statistics("producer");
  const auto shows = [&](const std::string& line) {
    statistics.show(metrics);
    return metrics.exposition().find(line + "\n") != std::string::npos;
  };
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_errors_total{client="producer",kind="transmit"} 0)"));
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_brokers_connected{client="producer"} 0)"));
  statistics.take(kTold);
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_brokers_connected{client="producer"} 2)"));
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_queued_messages{client="producer"} 3)"));
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_queued_bytes{client="producer"} 3072)"));
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_rtt_seconds{client="producer"} 0.0025)"));
  statistics.take(kTold);
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_errors_total{client="producer",kind="transmit"} 3)"));
  statistics.forget();
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_brokers_connected{client="producer"} 0)"));
  statistics.take(kTold);
  EXPECT_TRUE(shows(R"(kassaflow_kafka_client_errors_total{client="producer",kind="timeout"} 8)"));
}

}  // namespace
}  // namespace kassaflow::kafka
