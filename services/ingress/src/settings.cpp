#include "settings.hpp"

#include <algorithm>

namespace kassaflow::ingress {

using namespace std::chrono_literals;

void IngressSettings::add_to(settings::Settings& settings) {
  settings.text(http_address, "http_address", "Address PRINT_URL and callbacks listen on.");
  settings.number(http_port, "http_port", 0, 65535, "Port PRINT_URL and callbacks listen on; 0 takes a free one.");
  settings.text(kafka, "kafka", "Kafka bootstrap servers, host:port[,host:port…].");
  settings.text(registry_grpc, "registry_grpc", "Registry's gRPC address, host:port.");
  settings.text(status_http, "status_http",
                "Status's HTTP address, host:port; asked whether a receipt was printed with other content.");
  settings.duration(
      print_deadline, "print_deadline", 100ms, 30s,
      "PRINT_URL answers by then, with ERRORS if Kafka has not confirmed. The portal waits 60 s, people less.");
  settings.duration(kafka_message_timeout, "kafka_message_timeout", 50ms, 25s,
                    "How long the producer tries one record; shortened to stay below print_deadline.");
  settings.duration(lookup_timeout, "lookup_timeout", 10ms, 1s,
                    "One question to status; fail open: without an answer the post is accepted.");
  settings.number(body_limit, "body_limit", 64 * 1024, 16 * 1024 * 1024, "Largest PRINT_URL body in bytes.");
}

std::string IngressSettings::check() const {
  if (print_deadline - message_timeout() < lookup_timeout / 2) {
    return "print_deadline is too short: lookup_timeout must be at most twice its margin over kafka_message_timeout";
  }
  if (kafka.empty()) return "kafka must name at least one broker";
  return {};
}

settings::Duration IngressSettings::message_timeout() const {
  const settings::Duration margin = std::max<settings::Duration>(50ms, print_deadline / 5);
  return std::min(kafka_message_timeout, print_deadline - margin);
}

}  // namespace kassaflow::ingress
