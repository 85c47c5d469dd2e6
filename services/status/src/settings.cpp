#include "settings.hpp"

#include "kassaflow/http/url.hpp"
#include "kassaflow/postgres/connection_string.hpp"

namespace kassaflow::status {

using namespace std::chrono_literals;

void StatusSettings::add_to(settings::Settings& keys) {
  keys.host(http_address, "http_address", "address of CHECK_URL");
  keys.port(http_port, "http_port", "port of CHECK_URL");
  keys.host(look_up_address, "look_up_address",
            "address where ingress asks about receipts that may be printed already");
  keys.port(look_up_port, "look_up_port", "port of look_up_address");
  keys.host(grpc_address, "grpc_address", "address of the gRPC service");
  keys.port(grpc_port, "grpc_port", "port of the gRPC service");
  keys.secret(postgres, "postgres",
              "libpq URI of the database; the view is its schema status; while it is away CHECK_URL says WAIT");
  schema.add_to(keys);
  kafka.add_to(keys);
  registry.add_to(keys);
  identity.add_to(keys);
  keys.text(
      otlp_traces_url, "otlp_traces_url",
      "where a collector takes traces by OTLP over HTTP, such as http://collector:4318/v1/traces; empty: nowhere");
  keys.duration(push_delay, "push_delay", 0ms, 10min,
                "between an outcome and the first push: the portal must first have read our UUID");
  keys.duration(push_retry_min, "push_retry_min", 50ms, 1h, "first back-off of a push, at most push_retry_max");
  keys.duration(push_retry_max, "push_retry_max", 50ms, 24h,
                "longest back-off of a push, and longest rest of a portal; a portal is asked again for ever");
}

std::string StatusSettings::check() const {
  if (const std::string wrong = postgres::wrong_with(postgres); !wrong.empty()) return "postgres " + wrong;
  if (std::string wrong = identity.check(); !wrong.empty()) return wrong;
  if (!otlp_traces_url.empty()) {
    const auto url = http::parse_url(otlp_traces_url, {.allow_private = true});
    if (!url) return "otlp_traces_url: the URL " + url.error().message;
  }
  return kafka.check();
}

}  // namespace kassaflow::status
