#include "kassaflow/identity/identity.hpp"

#include <openssl/ssl.h>

#include <memory>

#include "kassaflow/settings/settings.hpp"

namespace kassaflow::identity {

namespace {
constexpr std::string_view kDomain = ".kassaflow.internal";
}

void Files::add_to(settings::Settings& keys) {
  keys.text(authority, "tls_authority_file",
            "certificates of the authority whose services are believed, PEM; read again when it is replaced");
  keys.text(certificate, "tls_certificate_file",
            "certificate of this service, PEM, with its DNS name such as status.kassaflow.internal");
  keys.text(key, "tls_key_file", "private key of tls_certificate_file, PEM; its owner's alone");
}

std::string Files::check() const {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_method()), &SSL_CTX_free);
  if (SSL_CTX_load_verify_locations(context.get(), authority.c_str(), nullptr) != 1)
    return "tls_authority_file cannot be read, or holds no certificate in PEM";
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return "tls_certificate_file cannot be read, or holds no certificate in PEM";
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return "tls_key_file cannot be read, or is not the key of tls_certificate_file";
  return {};
}

std::string dns_name(std::string_view service) { return std::string(service) + std::string(kDomain); }

std::string_view service_of(std::string_view dns_name) {
  if (!dns_name.ends_with(kDomain)) return {};
  const auto service = dns_name.substr(0, dns_name.size() - kDomain.size());
  return service.find('.') == std::string_view::npos ? service : std::string_view();
}

}  // namespace kassaflow::identity
