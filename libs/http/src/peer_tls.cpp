#include "peer_tls.hpp"

#include <boost/asio/ssl/host_name_verification.hpp>

namespace kassaflow::http {

namespace ssl = boost::asio::ssl;

ssl::context peer_tls(const identity::Files& identity, std::string_view peer) {
  ssl::context context(ssl::context::tls);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.load_verify_file(identity.authority);
  context.use_certificate_chain_file(identity.certificate);
  context.use_private_key_file(identity.key, ssl::context::pem);
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  context.set_verify_callback(ssl::host_name_verification(identity::dns_name(peer)));
  return context;
}

}  // namespace kassaflow::http
