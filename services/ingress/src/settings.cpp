#include "settings.hpp"

#include <algorithm>

namespace kassaflow::ingress {

using namespace std::chrono_literals;

void IngressSettings::add_to(settings::Settings& keys) {
  keys.host(http_address, "http_address", "address PRINT_URL and callbacks listen on");
  keys.port(http_port, "http_port", "port PRINT_URL and callbacks listen on");
  kafka.add_to(keys);
  registry.add_to(keys);
  identity.add_to(keys);
  keys.peer(status_look_up, "status_look_up",
            "status, asked whether a receipt was printed with other content; while it is away posts are "
            "accepted, and the journal has the last word");
  keys.duration(
      print_deadline, "print_deadline", 100ms, 30s,
      "PRINT_URL answers by then, with ERRORS when Kafka has not confirmed; the portal waits 60 s, people less");
  keys.duration(kafka_message_timeout, "kafka_message_timeout", 50ms, 25s,
                "how long the producer tries one record, shortened to stay below print_deadline; then the portal gets "
                "ERRORS");
  keys.duration(lookup_timeout, "lookup_timeout", 10ms, 1s,
                "one question to status; without an answer the post is accepted");
  keys.number<std::size_t>(body_limit, "body_limit", 64 * 1024, 16 * 1024 * 1024, "bytes",
                           "largest body of PRINT_URL; a larger one gets ERRORS");
  constexpr std::int64_t kMost = 1'000'000;
  const auto limit = [&](std::int64_t& target, const std::string& key, const std::string& unit,
                         const std::string& whose, const std::string& beyond) {
    keys.number<std::int64_t>(target, key, 1, kMost, unit,
                              "how many " + unit + whose +
                                  " one replica takes in a second, and tenfold at once; one of more than 8 KiB counts "
                                  "as several; beyond it " +
                                  beyond);
  };
  const std::string later = "ERRORS asks to print the same check later";
  limit(limits.installation_posts_per_second, "installation_posts_per_second", "posts", " of one portal", later);
  limit(limits.tenant_posts_per_second, "tenant_posts_per_second", "posts", " of all portals of a tenant", later);
  keys.number<std::int64_t>(limits.receipt_posts_per_hour, "receipt_posts_per_hour", 1, kMost, "posts",
                            "how many posts of one check one replica publishes at once, and again in each hour; beyond "
                            "it ERRORS asks for patience");
  const std::string again = "429, and the cloud calls again";
  limit(limits.token_callbacks_per_second, "token_callbacks_per_second", "callbacks", " at one address", again);
  limit(limits.tenant_callbacks_per_second, "tenant_callbacks_per_second", "callbacks", " of all clouds of a tenant",
        again);
}

std::string IngressSettings::check() const {
  if (print_deadline - message_timeout() < lookup_timeout / 2) {
    return "print_deadline is too short: lookup_timeout must be at most twice its margin over kafka_message_timeout";
  }
  if (std::string wrong = identity.check(); !wrong.empty()) return wrong;
  return kafka.check();
}

settings::Duration IngressSettings::message_timeout() const {
  const settings::Duration margin = std::max<settings::Duration>(50ms, print_deadline / 5);
  return std::min(kafka_message_timeout, print_deadline - margin);
}

}  // namespace kassaflow::ingress
