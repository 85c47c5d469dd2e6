#pragma once
// Who a process is to its peers: a certificate with the name of its service, and the authority whose certificates it
// believes. In PEM files, which may be replaced while the process runs: each is read again when it is used anew.

#include <string>
#include <string_view>

namespace kassaflow::settings {
class Settings;
}

namespace kassaflow::identity {

struct Files {
  std::string authority;
  std::string certificate;  // and what leads from it to the authority
  std::string key;          // of the certificate

  void add_to(settings::Settings& keys);  // tls_authority_file, tls_certificate_file, tls_key_file
  // What is wrong with them, without a word of what stands in them: "tls_key_file cannot be read". Empty: nothing.
  [[nodiscard]] std::string check() const;
};

// The DNS name in the certificate of a service: "status.kassaflow.internal". Wherever it runs, it is called so.
[[nodiscard]] std::string dns_name(std::string_view service);
// The service a DNS name is of; empty: of none.
[[nodiscard]] std::string_view service_of(std::string_view dns_name);

}  // namespace kassaflow::identity
