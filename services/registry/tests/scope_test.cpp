#include "scope.hpp"

#include <gtest/gtest.h>

#include "documents.hpp"

namespace kassaflow::registry {
namespace {

const IdMaster kMaster = IdMaster::parse(Secret(std::string(64, 'd'))).value();

// Everything a service is sent, as bytes.
std::string sent_to(std::string_view service) {
  std::string bytes;
  for (const v1::Document& document : test::everything()) {
    if (const auto shown = scoped(document, service, kMaster)) bytes += shown->SerializeAsString();
  }
  return bytes;
}

struct Case {
  const char* service;
  const char* credential;
  bool sent;
};

class Scope : public testing::TestWithParam<Case> {};

TEST_P(Scope, SendsOnlyTheCredentialsAServiceNeeds) {
  const auto& [service, credential, sent] = GetParam();
  EXPECT_EQ(sent_to(service).find(credential) != std::string::npos, sent) << service << ' ' << credential;
}

INSTANTIATE_TEST_SUITE_P(
    Services, Scope,
    testing::Values(Case{"ingress", "9f3c1e", true}, Case{"ingress", "rest-password", true},
                    Case{"ingress", "callbackkey0", true}, Case{"ingress", "itkassa-api-key", false},
                    Case{"ingress", "0123456789abcdef", false}, Case{"ingress", "webhook-code", false},
                    Case{"fiscalizer", "itkassa-api-key", true}, Case{"fiscalizer", "0123456789abcdef", true},
                    Case{"fiscalizer", "callbackkey0", false}, Case{"fiscalizer", "9f3c1e", false},
                    Case{"fiscalizer", "rest-password", false}, Case{"fiscalizer", "webhook-code", false},
                    Case{"status", "9f3c1e", true}, Case{"status", "webhook-code", true},
                    Case{"status", "rest-password", false}, Case{"status", "itkassa-api-key", false},
                    Case{"status", "0123456789abcdef", false}, Case{"stranger", "acme", false}));

TEST(ScopeOfIngress, GetsTheIdKeyAndTheCallbackToken) {
  const auto installation = scoped(test::installation(), "ingress", kMaster);
  EXPECT_EQ(installation->installation().id_key(), kMaster.id_key("acme", "acme-main"));
  EXPECT_TRUE(scoped(test::installation(), "status", kMaster)->installation().id_key().empty());

  v1::Document entry = test::itkassa();
  entry.mutable_register_()->set_tenant("acme");
  EXPECT_EQ(scoped(entry, "ingress", kMaster)->register_().callback_token(),
            kMaster.callback_token("acme", "callbackkey0"));
  entry.mutable_register_()->mutable_itkassa()->clear_callback_key();
  EXPECT_EQ(scoped(entry, "ingress", kMaster)->register_().callback_token(), "");
}

}  // namespace
}  // namespace kassaflow::registry
