#include "settings.hpp"

namespace kassaflow::status {

using namespace std::chrono_literals;

void StatusSettings::add_to(settings::Settings& settings) {
  settings.text(http_address, "http_address", "address of CHECK_URL");
  settings.number(http_port, "http_port", 0, 65535, "port of CHECK_URL, 0 = any");
  settings.text(grpc_address, "grpc_address", "address of the gRPC service");
  settings.number(grpc_port, "grpc_port", 0, 65535, "port of the gRPC service, 0 = any");
  settings.secret(postgres, "postgres", "libpq URI of the database; the view is its schema status");
  settings.text(kafka, "kafka", "bootstrap brokers, host:port,…");
  settings.text(registry_grpc, "registry_grpc", "host:port of the registry");
  settings.duration(push_delay, "push_delay", 0ms, 10min,
                    "between an outcome and the first push: the portal must first have read our UUID");
  settings.duration(push_retry_min, "push_retry_min", 50ms, 1h, "first back-off of a push, at most push_retry_max");
  settings.duration(push_retry_max, "push_retry_max", 50ms, 24h,
                    "longest back-off of a push, and longest rest of a portal");
}

}  // namespace kassaflow::status
