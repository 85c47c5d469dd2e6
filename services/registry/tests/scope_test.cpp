#include "scope.hpp"

#include <gtest/gtest.h>

#include "documents.hpp"

namespace kassaflow::registry {
namespace {

const IdMaster kMaster = IdMaster::parse(Secret(std::string(64, 'd'))).value();

// Everything a service is sent, as bytes.
std::string sent_to(v1::Service service) {
  std::string bytes;
  for (const v1::Document& document : test::everything()) {
    if (const auto shown = scoped(document, service, kMaster)) bytes += shown->SerializeAsString();
  }
  return bytes;
}

struct Case {
  v1::Service service;
  const char* credential;
  bool sent;
};

class SentCredentials : public testing::TestWithParam<Case> {};

TEST_P(SentCredentials, SendsOnlyTheCredentialsAServiceNeeds) {
  const auto& [service, credential, sent] = GetParam();
  EXPECT_EQ(sent_to(service).find(credential) != std::string::npos, sent) << service << ' ' << credential;
}

INSTANTIATE_TEST_SUITE_P(
    Services, SentCredentials,
    testing::Values(
        Case{v1::SERVICE_INGRESS, "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20", true},
        Case{v1::SERVICE_INGRESS, "rest-password", true}, Case{v1::SERVICE_INGRESS, "callbackkey0", true},
        Case{v1::SERVICE_INGRESS, "itkassa-api-key", false}, Case{v1::SERVICE_INGRESS, "0123456789abcdef", false},
        Case{v1::SERVICE_INGRESS, "webhook-code", false}, Case{v1::SERVICE_FISCALIZER, "itkassa-api-key", true},
        Case{v1::SERVICE_FISCALIZER, "0123456789abcdef", true}, Case{v1::SERVICE_FISCALIZER, "callbackkey0", false},
        Case{v1::SERVICE_FISCALIZER, "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20", false},
        Case{v1::SERVICE_FISCALIZER, "rest-password", false}, Case{v1::SERVICE_FISCALIZER, "webhook-code", false},
        Case{v1::SERVICE_STATUS, "9f3c1e0d5a7b4e2f8c6d1b3a9e5f7c20", true},
        Case{v1::SERVICE_STATUS, "webhook-code", true}, Case{v1::SERVICE_STATUS, "rest-password", false},
        Case{v1::SERVICE_STATUS, "itkassa-api-key", false}, Case{v1::SERVICE_STATUS, "0123456789abcdef", false},
        Case{v1::SERVICE_UNSPECIFIED, "acme", false}, Case{static_cast<v1::Service>(99), "acme", false}));

// What a newer registry has stored: of whom it is, only that one knows.
TEST(Scope, WhatThisRegistryDoesNotKnowIsSentToNobody) {
  v1::Document document = test::itkassa();
  test::add_unknown_field(document, 99, "unknown-secret");
  test::add_unknown_field(*document.mutable_register_(), 99, "unknown-secret");
  test::add_unknown_field(*document.mutable_register_()->mutable_itkassa(), 99, "unknown-secret");
  for (const v1::Service service : {v1::SERVICE_INGRESS, v1::SERVICE_FISCALIZER}) {
    const auto sent = scoped(document, service, kMaster);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->SerializeAsString().find("unknown-secret"), std::string::npos);
  }
}

TEST(ScopeOfIngress, GetsTheIdKeyAndTheCallbackToken) {
  const auto installation = scoped(test::installation(), v1::SERVICE_INGRESS, kMaster);
  EXPECT_EQ(installation->installation().id_key(), kMaster.id_key(TenantId("acme"), InstallationId("acme-main")));
  EXPECT_TRUE(scoped(test::installation(), v1::SERVICE_STATUS, kMaster)->installation().id_key().empty());

  v1::Document entry = test::itkassa();
  entry.mutable_register_()->set_tenant("acme");
  EXPECT_EQ(scoped(entry, v1::SERVICE_INGRESS, kMaster)->register_().callback_token(),
            kMaster.callback_token(TenantId("acme"), "callbackkey0"));
  entry.mutable_register_()->mutable_itkassa()->clear_callback_key();
  EXPECT_EQ(scoped(entry, v1::SERVICE_INGRESS, kMaster)->register_().callback_token(), "");
}

}  // namespace
}  // namespace kassaflow::registry
