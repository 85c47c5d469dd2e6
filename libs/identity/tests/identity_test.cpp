#include "kassaflow/identity/identity.hpp"

#include <gtest/gtest.h>

#include "test_identities.hpp"

namespace kassaflow::identity {
namespace {

TEST(Identity, FilesThatBelongTogetherAreSound) { EXPECT_EQ(files_of("status").check(), ""); }

TEST(Identity, SaysWhichFileIsWrong) {
  Files files = files_of("status");
  files.key = files_of("ingress").key;
  EXPECT_EQ(files.check(), "tls_key_file cannot be read, or is not the key of tls_certificate_file");
  files.certificate = files.key;
  EXPECT_EQ(files.check(), "tls_certificate_file cannot be read, or holds no certificate in PEM");
  files.authority = "/nowhere/authority.pem";
  EXPECT_EQ(files.check(), "tls_authority_file cannot be read, or holds no certificate in PEM");
  EXPECT_EQ(Files().check(), "tls_authority_file cannot be read, or holds no certificate in PEM");
}

TEST(Identity, AServiceIsToldByOneName) {
  EXPECT_EQ(dns_name("status"), "status.kassaflow.internal");
  EXPECT_EQ(service_of("status.kassaflow.internal"), "status");
  for (const auto* other :
       {"status", "status.kassaflow.internal.example", "kassaflow.internal", "a.status.kassaflow.internal", ""})
    EXPECT_EQ(service_of(other), "") << other;
}

}  // namespace
}  // namespace kassaflow::identity
