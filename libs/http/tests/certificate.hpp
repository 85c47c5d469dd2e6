#pragma once
// Self-signed certificates made on the spot, and one that the process trusts.

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <boost/asio/ssl.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace kassaflow::http::tests {

struct Certificate {
  std::string certificate_pem;
  std::string key_pem;

  // For the DNS name given, valid today.
  explicit Certificate(const std::string& name) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> x509(X509_new(), X509_free);
    X509_set_version(x509.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509.get()), 24 * 3600);
    X509_set_pubkey(x509.get(), key.get());
    X509_NAME* subject = X509_get_subject_name(x509.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(x509.get(), subject);
    X509_EXTENSION* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + name).c_str());
    X509_add_ext(x509.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509.get(), key.get(), EVP_sha256());
    certificate_pem = pem([&](BIO* out) { PEM_write_bio_X509(out, x509.get()); });
    key_pem = pem([&](BIO* out) { PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }

  [[nodiscard]] boost::asio::ssl::context server_context() const {
    boost::asio::ssl::context context(boost::asio::ssl::context::tls_server);
    context.use_certificate_chain(boost::asio::buffer(certificate_pem));
    context.use_private_key(boost::asio::buffer(key_pem), boost::asio::ssl::context::pem);
    return context;
  }

 private:
  template <class Write>
  static std::string pem(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    write(out.get());
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }
};

// The only authority that is trusted here; set before any thread or TLS context of the tests exists.
class TrustedCertificate : public ::testing::Environment {
 public:
  static const Certificate& localhost() {
    static const Certificate certificate("localhost");
    return certificate;
  }
  void SetUp() override {
    path_ = ::testing::TempDir() + "http_test_" + std::to_string(::getpid()) + ".pem";
    std::ofstream(path_) << localhost().certificate_pem;
    ::setenv("SSL_CERT_FILE", path_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any other thread
  }
  void TearDown() override { std::filesystem::remove(path_); }

 private:
  std::string path_;
};

}  // namespace kassaflow::http::tests
