#pragma once
// How a process reaches the brokers: where, whether by TLS, and as whom. The keys are librdkafka's names with `kafka_`
// before them and `_` for `.`; other options of librdkafka's are not for operators. Secrets go to librdkafka and
// nowhere else.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/settings/settings.hpp"

namespace kassaflow::kafka {

enum class SecurityProtocol : std::uint8_t { plaintext, ssl, sasl_plaintext, sasl_ssl };
enum class SaslMechanism : std::uint8_t { none, plain, scram_sha_256, scram_sha_512 };

struct Connection {
  std::string brokers;  // host:port[,host:port…]
  SecurityProtocol security_protocol = SecurityProtocol::plaintext;
  SaslMechanism sasl_mechanism = SaslMechanism::none;
  std::string sasl_username = {};
  Secret sasl_password = {};
  std::string ssl_ca_location = {};           // PEM file of who signs the brokers' certificates; empty: the system's
  std::string ssl_certificate_location = {};  // PEM file that says who we are; empty: nobody asks
  std::string ssl_key_location = {};          // of that certificate
  Secret ssl_key_password = {};

  // Key `kafka` and the keys `kafka_*`.
  void add_to(settings::Settings& keys);
  // Empty when they fit together, else the key that does not and why.
  [[nodiscard]] std::string check() const;
  // Empty when the files that are named can be read, else the key of one that cannot: OpenSSL would quote what the key
  // says, and that may be a secret in the wrong place.
  [[nodiscard]] std::string unreadable() const;
  // As librdkafka takes them, secrets included: never log it.
  [[nodiscard]] std::vector<std::pair<const char*, std::string>> options() const;
};

}  // namespace kassaflow::kafka
