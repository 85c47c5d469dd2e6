#include "rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "documents.hpp"
#include "refused_urls.hpp"

namespace kassaflow::registry {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Rules, TheDocumentsOfTheContractAreFine) {
  for (const v1::Document& document : test::everything()) {
    EXPECT_THAT(check(document, false), IsEmpty()) << documents::kind_of(document);
  }
}

struct Case {
  const char* name;
  v1::Document document;
  std::function<void(v1::Document&)> spoil;
  const char* key;
};

class RefusedDocument : public testing::TestWithParam<Case> {};

TEST_P(RefusedDocument, IsRefusedByItsKey) {
  v1::Document document = GetParam().document;
  GetParam().spoil(document);
  EXPECT_THAT(check(document, false), ElementsAre(Field(&Problem::key, GetParam().key)));
}

using D = v1::Document;

// A word of a newer program.
template <class Enum>
constexpr Enum kNewer = static_cast<Enum>(99);

INSTANTIATE_TEST_SUITE_P(
    Rules, RefusedDocument,
    testing::Values(
        Case{"IdInCapitals", test::tenant(), [](D& d) { d.mutable_tenant()->set_id("Acme"); }, "id"},
        Case{"IdBeginsWithHyphen", test::tenant(), [](D& d) { d.mutable_tenant()->set_id("-acme"); }, "id"},
        Case{"IdTooLong", test::tenant(), [](D& d) { d.mutable_tenant()->set_id(std::string(64, 'a')); }, "id"},
        Case{"TenantWithoutName", test::tenant(), [](D& d) { d.mutable_tenant()->clear_name(); }, "name"},
        Case{"InnOfNineDigits", test::pool(), [](D& d) { d.mutable_pool()->set_inn("770123456"); }, "inn"},
        Case{"InnWithLetters", test::pool(), [](D& d) { d.mutable_pool()->set_inn("77012345AB"); }, "inn"},
        Case{"UnknownTaxation", test::pool(), [](D& d) { d.mutable_pool()->set_taxation(kNewer<v1::Taxation>); },
             "taxation"},
        Case{"UnknownFfd", test::pool(), [](D& d) { d.mutable_pool()->set_ffd(kNewer<v1::Ffd>); }, "ffd"},
        Case{"NoPaymentAddress", test::pool(), [](D& d) { d.mutable_pool()->clear_payment_address(); },
             "paymentAddress"},
        Case{"UnknownTimezone", test::pool(), [](D& d) { d.mutable_pool()->set_timezone("Europe/Moskau"); },
             "timezone"},
        Case{"CashierInnOfTen", test::pool(), [](D& d) { d.mutable_pool()->mutable_cashier()->set_inn("7701234567"); },
             "cashier.inn"},
        Case{"NoTaxation", test::pool(), [](D& d) { d.mutable_pool()->clear_taxation(); }, "taxation"},
        Case{"NoProtocol", test::bit(), [](D& d) { d.mutable_register_()->clear_protocol(); }, "protocol"},
        Case{"EndpointWithoutScheme", test::bit(),
             [](D& d) { d.mutable_register_()->set_endpoint("203.0.113.10:44736"); }, "endpoint"},
        Case{"ShortRegistrationNumber", test::bit(),
             [](D& d) { d.mutable_register_()->set_registration_number("123"); }, "registrationNumber"},
        Case{"BitWithoutToken", test::bit(), [](D& d) { d.mutable_register_()->mutable_bit()->clear_kkt_token(); },
             "bit.kktToken"},
        Case{"UnknownDeduplication", test::bit(),
             [](D& d) { d.mutable_register_()->mutable_bit()->set_deduplication(kNewer<v1::Deduplication>); },
             "bit.deduplication"},
        Case{"ItkassaWithoutItem", test::itkassa(),
             [](D& d) { d.mutable_register_()->mutable_itkassa()->clear_cre_item_id(); }, "itkassa.creItemId"},
        Case{"ItkassaItemIsNoGuid", test::itkassa(),
             [](D& d) { d.mutable_register_()->mutable_itkassa()->set_cre_item_id("17"); }, "itkassa.creItemId"},
        Case{"ItkassaWithoutApiKey", test::itkassa(),
             [](D& d) { d.mutable_register_()->mutable_itkassa()->clear_api_key(); }, "itkassa.apiKey"},
        Case{"CallbackKeyTooLong", test::itkassa(),
             [](D& d) { d.mutable_register_()->mutable_itkassa()->set_callback_key(std::string(37, 'a')); },
             "itkassa.callbackKey"},
        Case{"VirtualWithAnEndpoint", test::virtual_register(),
             [](D& d) { d.mutable_register_()->set_endpoint("https://qapi.itkassa.ru/open/api/v1"); }, "endpoint"},
        Case{"VirtualThatSaysItIsReal", test::virtual_register(), [](D& d) { d.mutable_register_()->set_test(false); },
             "test"},
        Case{"VirtualTooSlow", test::virtual_register(),
             [](D& d) { d.mutable_register_()->mutable_virtual_()->set_delay_ms("600001"); }, "virtual.delayMs"},
        Case{"SecretWithSlash", test::installation(),
             [](D& d) { d.mutable_installation()->set_secret("abc/def/abc/def/abc/def"); }, "secret"},
        Case{"PrivatePortal", test::installation(),
             [](D& d) { d.mutable_installation()->set_portal_webhook("http://10.0.0.1/rest/1/abc/"); },
             "portal.webhook"},
        Case{"NoVat", test::installation(), [](D& d) { d.mutable_installation()->clear_vat(); }, "vat"},
        Case{"UnknownVat", test::installation(), [](D& d) { (*d.mutable_installation()->mutable_vat())[7] = "18"; },
             "vat.7"},
        Case{"UnknownMarkedWithoutCode", test::installation(),
             [](D& d) { d.mutable_installation()->set_marked_without_code(kNewer<v1::MarkedWithoutCode>); },
             "markedWithoutCode"},
        Case{"CashboxWithoutNumber", test::cashbox(), [](D& d) { d.mutable_cashbox()->clear_number(); }, "number"},
        Case{"RequiresNothing", test::cashbox(),
             [](D& d) { (*d.mutable_cashbox()->mutable_required_params())["AUTH.LOGIN"] = ""; }, "requires.AUTH.LOGIN"},
        Case{"NothingAtAll", D(), [](D&) {}, "kind"}),
    [](const auto& info) { return info.param.name; });

TEST(Rules, AVirtualRegisterNeedsNoSettingsOfItsOwn) { EXPECT_THAT(check(test::virtual_register(), false), IsEmpty()); }

TEST(Rules, AWordOfAnotherVersionIsAnsweredWithThoseOfThisOne) {
  v1::Document document = test::pool();
  document.mutable_pool()->set_taxation(kNewer<v1::Taxation>);
  EXPECT_EQ(check(document, false).at(0).message, "must be osn, usn_income, usn_income_outcome, esn or patent");
  document.mutable_pool()->clear_taxation();
  EXPECT_EQ(check(document, false).at(0).message, "is missing");
}

// kassactl of another version: nothing of what it says is dropped silently, or kept without being understood.
TEST(Rules, AKeyThisRegistryDoesNotKnowIsRefused) {
  v1::Document document = test::bit();
  test::add_unknown_field(*document.mutable_register_()->mutable_bit(), 2, "assumed-none");
  const auto problems = check(document, false);
  ASSERT_THAT(problems, ElementsAre(Field(&Problem::key, "")));
  EXPECT_THAT(problems[0].message, testing::HasSubstr("does not know"));
}

TEST(Rules, AllProblemsAreToldAtOnce) {
  v1::Document document = test::pool();
  document.mutable_pool()->clear_timezone();
  document.mutable_pool()->set_ffd(kNewer<v1::Ffd>);
  EXPECT_THAT(check(document, false), ElementsAre(Field(&Problem::key, "ffd"), Field(&Problem::key, "timezone")));
}

TEST(Rules, ASecretThatPeopleTypeHas128Bits) {
  const struct {
    std::string secret;
    bool fine;
    bool fine_here;  // where private endpoints are allowed
  } cases[] = {
      {"9f3c1e", false, false},
      {std::string(15, 'x'), false, false},
      {std::string(16, 'x'), false, true},
      {"9f3c1e0d5a7b4e2f", false, true},  // as contract-check types it
      {std::string(21, 'x'), false, true},
      {std::string(22, 'x'), true, true},
      {std::string(22, 'F'), false, true},
      {std::string(31, '9'), false, true},
      {std::string(32, 'a'), true, true},
      {"a-f_0123456789-abcdef_", true, true},
      {std::string(128, 'x'), true, true},
      {std::string(129, 'x'), false, false},
      {std::string(32, '/'), false, false},
      {std::string(32, '.'), false, false},
      {"", true, true},
  };
  for (const auto& [secret, fine, fine_here] : cases) {
    v1::Document document = test::installation("acme-main", "acme", secret);
    EXPECT_EQ(check(document, false).empty(), fine) << secret;
    EXPECT_EQ(check(document, true).empty(), fine_here) << secret;
  }
  const auto problems = check(test::installation("acme-main", "acme", "9f3c1e"), false);
  EXPECT_THAT(problems, ElementsAre(AllOf(Field(&Problem::key, "secret"),
                                          Field(&Problem::message, AllOf(HasSubstr("22 to 128"), HasSubstr("128 bits"),
                                                                         HasSubstr("left out"))))));
}

TEST(Rules, MessagesNeverQuoteACredential) {
  v1::Document document = test::installation();
  document.mutable_installation()->set_secret("pri/vate");
  document.mutable_installation()->set_portal_webhook("http://127.0.0.1/rest/1/private-code/");
  const auto problems = check(document, false);
  ASSERT_EQ(problems.size(), 2u);
  for (const Problem& problem : problems) {
    EXPECT_EQ(problem.message.find("pri/vate"), std::string::npos);
    EXPECT_EQ(problem.message.find("private-code"), std::string::npos);
  }
}

// The connector's side of the table is in libs/http/tests.
TEST(CheckUrl, RefusesWhatTheConnectorWouldRefuseAndNamesTheWayOut) {
  for (const auto& refused : kassaflow::tests::kRefusedUrls) {
    for (const bool allow_private : {false, true}) {
      if (allow_private && !refused.also_private) {
        EXPECT_EQ(check_url(refused.url, true), "") << refused.url;
        continue;
      }
      v1::Document kkt = test::bit();
      kkt.mutable_register_()->set_endpoint(refused.url);
      v1::Document portal = test::installation();
      portal.mutable_installation()->set_portal_webhook(refused.url);
      const auto wrong_at = [&](const char* key) {
        return ElementsAre(AllOf(Field(&Problem::key, key), Field(&Problem::message, HasSubstr(refused.why))));
      };
      EXPECT_THAT(check(kkt, allow_private), wrong_at("endpoint")) << refused.url;
      EXPECT_THAT(check(portal, allow_private), wrong_at("portal.webhook")) << refused.url;
    }
  }
}

TEST(CheckUrl, AcceptsOthers) {
  for (const char* url : kassaflow::tests::kAcceptedUrls) EXPECT_EQ(check_url(url, false), "") << url;
}

TEST(CheckUrl, RefusesWhatIsNoHttpUrl) {
  for (const char* url :
       {"", "qapi.itkassa.ru", "/open/api", "ftp://example.ru/", "http://", "http://user:pass@example.ru/",
        "http://example.ru/#part", "http://example.ru:0/", "http://example.ru:99999/", "http://exa mple.ru/"}) {
    EXPECT_NE(check_url(url, true), "") << url;
  }
}

}  // namespace
}  // namespace kassaflow::registry
