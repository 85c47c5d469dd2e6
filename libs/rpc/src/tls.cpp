#include "tls.hpp"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

namespace kassaflow::rpc {
namespace {

using namespace grpc::experimental;

constexpr unsigned kLookAgain_s = 10;

std::shared_ptr<CertificateProviderInterface> provider(const identity::Files& identity) {
  if (identity.certificate.empty())
    return std::make_shared<FileWatcherCertificateProvider>(identity.authority, kLookAgain_s);
  return std::make_shared<FileWatcherCertificateProvider>(identity.key, identity.certificate, identity.authority,
                                                          kLookAgain_s);
}

}  // namespace

std::shared_ptr<grpc::ServerCredentials> server_credentials(const identity::Files& identity) {
  TlsServerCredentialsOptions options(provider(identity));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const identity::Files& identity) {
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider(identity));
  options.watch_root_certs();
  if (!identity.certificate.empty()) options.watch_identity_key_cert_pairs();
  return TlsCredentials(options);
}

}  // namespace kassaflow::rpc
