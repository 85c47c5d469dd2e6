#include "kassaflow/documents/documents.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/unknown_field_set.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "kassaflow/documents/marks.hpp"
#include "kassaflow/documents/words.hpp"

namespace kassaflow::documents {
namespace {

v1::Document itkassa_register() {
  v1::Document document = make_document("register");
  v1::Register& content = *document.mutable_register_();
  content.set_id("acme-kkt-1");
  content.set_pool("acme-shop");
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

TEST(Documents, AnIdIsOneWordOfTheGrammar) {
  for (const auto* id : {"a", "0", "acme-shop", "a-"}) EXPECT_TRUE(is_id(id)) << id;
  EXPECT_TRUE(is_id(std::string(63, 'a')));
  for (const auto* text : {"", "-a", "A", "a.b", "a_b", "a b", "а", "a\n"}) EXPECT_FALSE(is_id(text)) << text;
  EXPECT_FALSE(is_id(std::string(64, 'a')));
  EXPECT_FALSE(is_id(std::string("a\0b", 3)));
}

const Key& key_at(std::string_view kind, std::string_view path) {
  return *std::ranges::find(keys_of(kind), path, &Key::path);
}

TEST(Documents, EveryKeyOfEveryKindNamesAFieldOfItsMessage) {
  for (const std::string& kind : kinds()) {
    v1::Document document = make_document(kind);
    for (const Key& key : keys_of(kind)) {
      switch (key.shape) {
        case Shape::text:
          EXPECT_EQ(set_text(document, key, "value"), "");
          EXPECT_EQ(get_text(document, key), "value") << kind << ' ' << key.path;
          break;
        case Shape::flag:
          set_flag(document, key, true);
          EXPECT_TRUE(get_flag(document, key)) << kind << ' ' << key.path;
          break;
        case Shape::word: {
          const std::string word(word_of(*key.fields.back()->enum_type(), 1));
          EXPECT_EQ(set_text(document, key, word), "");
          EXPECT_EQ(get_text(document, key), word) << kind << ' ' << key.path;
          break;
        }
        case Shape::choice: {
          const std::string name = key.choice->field(0)->json_name();
          EXPECT_EQ(set_text(document, key, name), "");
          EXPECT_EQ(get_text(document, key), name) << kind << ' ' << key.path;
          break;
        }
        case Shape::text_by_number:
          set_entry(document, key, 7, "value");
          EXPECT_EQ(get_entries(document, key).at("7"), "value") << kind << ' ' << key.path;
          break;
        case Shape::text_by_name:
          set_entry(document, key, "name", "value");
          EXPECT_EQ(get_entries(document, key).at("name"), "value") << kind << ' ' << key.path;
          break;
      }
    }
  }
}

// The order of design.md 3.4, in which `kassactl get` shows them.
TEST(Documents, KeysAreInTheOrderInWhichTheyAreShown) {
  std::vector<std::string> paths;
  for (const Key& key : keys_of("register")) paths.push_back(key.path);
  EXPECT_THAT(paths, testing::ElementsAre("id", "pool", "protocol", "endpoint", "registrationNumber", "exclusive",
                                          "test", "itkassa.creItemId", "itkassa.organizationId", "itkassa.apiKey",
                                          "itkassa.callbackKey", "bit.kktToken", "bit.deduplication", "virtual.delayMs",
                                          "virtual.refuseKopecks"));
  paths.clear();
  for (const Key& key : keys_of("installation")) paths.push_back(key.path);
  EXPECT_THAT(paths, testing::ElementsAre("id", "tenant", "secret", "portal.webhook", "vat", "markedWithoutCode"));
}

TEST(Documents, KeysThatMayBeLeftOutHaveTheirInitialValue) {
  EXPECT_TRUE(make_document("register").register_().exclusive());
  EXPECT_FALSE(make_document("register").register_().test());
  EXPECT_EQ(make_document("installation").installation().marked_without_code(), v1::MARKED_WITHOUT_CODE_REFUSE);
}

TEST(Documents, AWordThatIsNoneNamesThoseThatAre) {
  v1::Document pool = make_document("pool");
  EXPECT_EQ(set_text(pool, key_at("pool", "ffd"), "1.20"), "must be \"1.05\" or \"1.2\"");
  EXPECT_EQ(pool.pool().ffd(), v1::FFD_UNSPECIFIED);
  v1::Document entry = make_document("register");
  EXPECT_EQ(set_text(entry, key_at("register", "protocol"), "fax"), "must be itkassa, bit or virtual");
  EXPECT_EQ(protocol_of(entry.register_()), "");
}

TEST(Documents, AWordOfANewerProgramIsShownAsUnknown) {
  v1::Document pool = make_document("pool");
  pool.mutable_pool()->set_ffd(static_cast<v1::Ffd>(99));
  EXPECT_EQ(get_text(pool, key_at("pool", "ffd")), "unknown (99)");
}

// Taxation, FFD, protocol and the like were texts in fields that are reserved now.
TEST(Documents, WhatAnOlderProgramWroteIsNotGuessed) {
  v1::Document pool = make_document("pool");
  google::protobuf::UnknownFieldSet& old = *v1::Pool::GetReflection()->MutableUnknownFields(pool.mutable_pool());
  old.AddLengthDelimited(4, "osn");
  old.AddLengthDelimited(5, "1.05");
  const std::string stored = pool.SerializeAsString();
  ASSERT_TRUE(pool.ParseFromString(stored));
  EXPECT_EQ(pool.pool().taxation(), v1::TAXATION_UNSPECIFIED);
  EXPECT_EQ(get_text(pool, key_at("pool", "ffd")), "");
  EXPECT_TRUE(has_unknown_fields(pool));
}

TEST(Documents, AChoiceIsOverItsBlocks) {
  EXPECT_EQ(choice_over("register", "bit"), &key_at("register", "protocol"));
  EXPECT_EQ(choice_over("register", "endpoint"), nullptr);
  EXPECT_EQ(choice_over("pool", "cashier"), nullptr);
  v1::Document entry = itkassa_register();
  EXPECT_EQ(get_text(entry, key_at("register", "protocol")), "itkassa");
  EXPECT_EQ(set_text(entry, key_at("register", "protocol"), "itkassa"), "");
  EXPECT_EQ(entry.register_().itkassa().api_key(), "api-key-value") << "it was that already";
}

TEST(Documents, WhatNeverChangesIncludesWhatTheRegistryFillsIn) {
  v1::Document entry = itkassa_register();
  entry.mutable_register_()->set_tenant("acme");
  using Values = std::map<std::string, std::string>;
  EXPECT_EQ(immutable_values(entry), (Values{{"protocol", "itkassa"}, {"tenant", "acme"}}));
}

// Who is sent what, and what is a credential. A line that changes here is a decision: look at it twice.
TEST(Documents, EveryFieldGoesWhereItsMarkSays) {
  std::string table;
  const auto add = [&](const auto& self, const google::protobuf::Descriptor& type, const std::string& prefix) -> void {
    for (int i = 0; i < type.field_count(); ++i) {
      const auto& field = *type.field(i);
      const v1::Mark& mark = field.options().GetExtension(v1::mark);
      const std::string path = prefix + (mark.key().empty() ? field.json_name() : mark.key());
      table += path + (mark.credential() ? " credential" : "") + (mark.made() ? " made" : "") + " ->";
      for (const int service : mark.sent_to()) table += " " + std::string(word_of(static_cast<v1::Service>(service)));
      table += "\n";
      if (field.message_type() != nullptr && !field.is_map()) self(self, *field.message_type(), path + ".");
    }
  };
  add(add, *v1::Document::descriptor(), "");
  EXPECT_EQ(table, R"(tenant ->
tenant.id ->
tenant.name ->
pool -> ingress fiscalizer status
pool.id -> ingress fiscalizer status
pool.tenant -> ingress fiscalizer status
pool.inn -> ingress fiscalizer status
pool.taxation -> ingress fiscalizer status
pool.ffd -> ingress fiscalizer status
pool.paymentAddress -> ingress fiscalizer status
pool.timezone -> ingress fiscalizer status
pool.cashier -> ingress fiscalizer status
pool.cashier.name -> ingress fiscalizer status
pool.cashier.inn -> ingress fiscalizer status
register -> ingress fiscalizer
register.id -> ingress fiscalizer
register.pool -> ingress fiscalizer
register.itkassa -> ingress fiscalizer
register.itkassa.creItemId -> ingress fiscalizer
register.itkassa.organizationId -> ingress fiscalizer
register.itkassa.apiKey credential -> fiscalizer
register.itkassa.callbackKey credential -> ingress
register.bit -> ingress fiscalizer
register.bit.kktToken credential -> fiscalizer
register.bit.deduplication -> fiscalizer
register.virtual -> ingress fiscalizer
register.virtual.delayMs -> fiscalizer
register.virtual.refuseKopecks -> fiscalizer
register.endpoint -> ingress fiscalizer
register.registrationNumber -> ingress fiscalizer
register.exclusive -> ingress fiscalizer
register.test -> ingress fiscalizer
register.callbackToken credential made -> ingress
register.formerCallbackKey credential made -> ingress
register.formerCallbackToken credential made -> ingress
register.formerCallbackUntilMs made -> ingress
register.tenant made -> ingress fiscalizer
register.retired made -> ingress fiscalizer
installation -> ingress fiscalizer status
installation.id -> ingress fiscalizer status
installation.tenant -> ingress fiscalizer status
installation.secret credential -> ingress status
installation.portal.webhook credential -> status
installation.vat -> ingress status
installation.markedWithoutCode -> ingress fiscalizer status
installation.idKey credential made -> ingress
installation.formerSecret credential made -> ingress status
installation.formerSecretUntilMs made -> ingress status
cashbox -> ingress status
cashbox.id -> ingress status
cashbox.installation -> ingress status
cashbox.number -> ingress status
cashbox.pool -> ingress status
cashbox.requires credential -> ingress
token -> fiscalizer status
token.id -> fiscalizer status
token.tenant -> fiscalizer status
token.scope -> fiscalizer status
token.hash -> fiscalizer status
token.expires -> fiscalizer status
)");
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
}  // namespace kassaflow::documents
