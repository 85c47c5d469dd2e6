#include "kassaflow/configuration/documents.hpp"

#include <gtest/gtest.h>

#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {
namespace {

v1::Document itkassa_register() {
  v1::Document document = make_document("register");
  v1::Register& content = *document.mutable_register_();
  content.set_id("acme-kkt-1");
  content.set_pool("acme-shop");
  content.set_protocol("itkassa");
  content.mutable_itkassa()->set_cre_item_id("AAAAAAAA-2222-3333-4444-555555555555");
  content.mutable_itkassa()->set_api_key("api-key-value");
  content.mutable_itkassa()->set_callback_key("callback-key-value");
  return document;
}

v1::Document cashbox() {
  v1::Document document = make_document("cashbox");
  document.mutable_cashbox()->set_id("acme-box-1");
  (*document.mutable_cashbox()->mutable_required_params())["AUTH.LOGIN"] = "rest_login";
  return document;
}

TEST(Documents, KindIsReadInAnyCaseSingularOrPlural) {
  EXPECT_EQ(normalise_kind("Pool"), "pool");
  EXPECT_EQ(normalise_kind("REGISTERS"), "register");
  EXPECT_EQ(normalise_kind("cashboxes"), "cashbox");
  EXPECT_EQ(normalise_kind("receipt"), "");
}

TEST(Documents, EveryKeyOfEveryKindNamesAFieldOfItsMessage) {
  for (const std::string_view kind : kKinds) {
    v1::Document document = make_document(kind);
    for (const Key& key : keys_of(kind)) {
      if (key.shape == Shape::text) {
        set_text(document, key, "value");
        EXPECT_EQ(get_text(document, key), "value") << kind << ' ' << key.path;
      } else if (key.shape == Shape::flag) {
        set_flag(document, key, true);
        EXPECT_TRUE(get_flag(document, key)) << kind << ' ' << key.path;
      }
    }
  }
}

TEST(Documents, FlattenNamesKeysAsPeopleWriteThem) {
  const auto flat = flatten(itkassa_register());
  EXPECT_EQ(flat.at("itkassa.apiKey"), "api-key-value");
  EXPECT_EQ(flat.at("exclusive"), "true");
  EXPECT_FALSE(flat.contains("registrationNumber"));
  EXPECT_EQ(flatten(cashbox()).at("requires.AUTH.LOGIN"), "rest_login");
}

TEST(Documents, CredentialsAreSplitOffAndMergedBack) {
  for (const v1::Document& whole : {itkassa_register(), cashbox()}) {
    v1::Document open = without_credentials(whole);
    EXPECT_EQ(open.SerializeAsString().find("key-value"), std::string::npos);
    EXPECT_EQ(open.SerializeAsString().find("rest_login"), std::string::npos);
    EXPECT_NE(flatten(open), flatten(whole));
    open.MergeFrom(only_credentials(whole));
    EXPECT_EQ(flatten(open), flatten(whole));
  }
}

TEST(Documents, CredentialsOfADocumentWithoutAnyAreEmpty) {
  v1::Document tenant = make_document("tenant");
  tenant.mutable_tenant()->set_id("acme");
  EXPECT_EQ(kind_of(only_credentials(tenant)), "");
}

}  // namespace
}  // namespace kassaflow::configuration
