#include "kassaflow/kafka/connection.hpp"

#include <unistd.h>

#include "kassaflow/base/words.hpp"

namespace kassaflow::kafka {

namespace {

constexpr Words<SecurityProtocol, 4> kProtocols{{{"plaintext", SecurityProtocol::plaintext},
                                                 {"ssl", SecurityProtocol::ssl},
                                                 {"sasl_plaintext", SecurityProtocol::sasl_plaintext},
                                                 {"sasl_ssl", SecurityProtocol::sasl_ssl}}};
constexpr Words<SaslMechanism, 4> kMechanisms{{{"none", SaslMechanism::none},
                                               {"PLAIN", SaslMechanism::plain},
                                               {"SCRAM-SHA-256", SaslMechanism::scram_sha_256},
                                               {"SCRAM-SHA-512", SaslMechanism::scram_sha_512}}};

bool by_tls(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::ssl || protocol == SecurityProtocol::sasl_ssl;
}
bool by_sasl(SecurityProtocol protocol) {
  return protocol == SecurityProtocol::sasl_plaintext || protocol == SecurityProtocol::sasl_ssl;
}

}  // namespace

void Connection::add_to(settings::Settings& keys) {
  keys.peers(brokers, "kafka", "bootstrap brokers; while none answers, nothing is lost and the service is not ready");
  keys.choice(security_protocol, "kafka_security_protocol", kProtocols,
              "how brokers are spoken to: TLS (ssl), a name and password (sasl), both or neither; brokers that want "
              "something else do not answer");
  keys.choice(sasl_mechanism, "kafka_sasl_mechanism", kMechanisms, "how name and password are proved, with sasl_*");
  keys.text(sasl_username, "kafka_sasl_username", "our name at the brokers, with sasl_*");
  keys.secret(sasl_password, "kafka_sasl_password", "our password at the brokers, with sasl_*");
  keys.text(ssl_ca_location, "kafka_ssl_ca_location",
            "PEM file of the authority that signed the brokers' certificates; empty: those of the system");
  keys.text(ssl_certificate_location, "kafka_ssl_certificate_location",
            "PEM file of our certificate, where brokers ask for one");
  keys.text(ssl_key_location, "kafka_ssl_key_location", "PEM file of the key of our certificate");
  keys.secret(ssl_key_password, "kafka_ssl_key_password", "password of that key; empty: it has none");
}

std::string Connection::check() const {
  if (brokers.empty()) return "kafka must name at least one broker";
  const bool sasl = by_sasl(security_protocol);
  const bool tls = by_tls(security_protocol);
  if (sasl && sasl_mechanism == SaslMechanism::none)
    return "kafka_sasl_mechanism is missing: kafka_security_protocol wants one";
  if (sasl && sasl_username.empty()) return "kafka_sasl_username is missing: kafka_security_protocol wants one";
  if (sasl && sasl_password.empty()) return "kafka_sasl_password is missing: kafka_security_protocol wants one";
  if (!sasl && sasl_mechanism != SaslMechanism::none)
    return "kafka_sasl_mechanism is given, but kafka_security_protocol is not sasl_*: give one of them, or neither";
  if (!sasl && !(sasl_username.empty() && sasl_password.empty())) {
    return "kafka_sasl_username or kafka_sasl_password is given, but kafka_security_protocol is not sasl_*: it would "
           "not be used";
  }
  const bool files = !(ssl_ca_location.empty() && ssl_certificate_location.empty() && ssl_key_location.empty() &&
                       ssl_key_password.empty());
  if (!tls && files) {
    return "a kafka_ssl_* key is given, but kafka_security_protocol is neither ssl nor sasl_ssl: it would not be used";
  }
  if (ssl_certificate_location.empty() != ssl_key_location.empty())
    return "kafka_ssl_certificate_location and kafka_ssl_key_location go together";
  if (!ssl_key_password.empty() && ssl_key_location.empty())
    return "kafka_ssl_key_password is given without kafka_ssl_key_location";
  return {};
}

std::string Connection::unreadable() const {
  for (const auto& [key, path] : {std::pair("kafka_ssl_ca_location", ssl_ca_location),
                                  std::pair("kafka_ssl_certificate_location", ssl_certificate_location),
                                  std::pair("kafka_ssl_key_location", ssl_key_location)}) {
    if (!path.empty() && access(path.c_str(), R_OK) != 0) return key;
  }
  return {};
}

std::vector<std::pair<const char*, std::string>> Connection::options() const {
  std::vector<std::pair<const char*, std::string>> options{
      {"bootstrap.servers", brokers}, {"security.protocol", std::string(word_of(kProtocols, security_protocol))}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) options.emplace_back(name, value);
  };
  if (by_sasl(security_protocol)) {
    add("sasl.mechanism", std::string(word_of(kMechanisms, sasl_mechanism)));
    add("sasl.username", sasl_username);
    add("sasl.password", sasl_password.reveal());
  }
  if (by_tls(security_protocol)) {
    add("ssl.ca.location", ssl_ca_location);
    add("ssl.certificate.location", ssl_certificate_location);
    add("ssl.key.location", ssl_key_location);
    add("ssl.key.password", ssl_key_password.reveal());
  }
  return options;
}

}  // namespace kassaflow::kafka
