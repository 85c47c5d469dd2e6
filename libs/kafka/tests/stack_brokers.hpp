#pragma once
// The brokers of the running stack, as its administrator.

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "kassaflow/kafka/connection.hpp"

namespace kassaflow::kafka {

inline Connection stack_brokers() {
  const char* named = std::getenv("KASSAFLOW_KAFKA_CONFIG");
  if (named == nullptr)
    throw std::runtime_error("KASSAFLOW_KAFKA_CONFIG is not set: run through ./dev test functional");
  std::ifstream file(named);
  std::map<std::string, std::string> properties;
  for (std::string line; std::getline(file, line);) {
    if (const auto equals = line.find('='); equals != std::string::npos)
      properties[line.substr(0, equals)] = line.substr(equals + 1);
  }
  return {.brokers = properties.at("bootstrap.servers"),
          .security_protocol = SecurityProtocol::sasl_ssl,
          .sasl_mechanism = SaslMechanism::plain,
          .sasl_username = properties.at("sasl.username"),
          .sasl_password = Secret(properties.at("sasl.password")),
          .ssl_ca_location = properties.at("ssl.ca.location")};
}

}  // namespace kassaflow::kafka
