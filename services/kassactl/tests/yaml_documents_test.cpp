#include "yaml_documents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::kassactl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The example of design.md 3.4.
constexpr const char* kContract = R"(kind: Tenant
id: acme
name: ООО «Акме»
---
kind: Pool
id: acme-shop
tenant: acme
inn: "7701234567"
taxation: osn              # osn | usn_income | usn_income_outcome | esn | patent
ffd: "1.05"                # 1.05 | 1.2
paymentAddress: https://shop.example.ru
timezone: Europe/Moscow
cashier: {name: Иванова А.А.}
---
kind: Register
id: acme-kkt-1
pool: acme-shop
protocol: itkassa
endpoint: https://qapi.itkassa.ru/open/api/v1
itkassa: {creItemId: 11111111-2222-3333-4444-555555555555, apiKey: KEY, callbackKey: CALLBACK}
exclusive: false
---
kind: Register
id: acme-kkt-2
pool: acme-shop
protocol: bit
endpoint: http://203.0.113.10:44736
registrationNumber: "0000000001047487"
bit: {kktToken: 0123456789abcdef0123456789abcdef, deduplication: assumed-none}
---
kind: Installation
id: acme-main
tenant: acme
secret: 9f3c1e
portal: {webhook: https://b24-demo.bitrix24.ru/rest/1/abc/}
vat: {0: none, 1: none, 2: "10", 3: "22", 4: "0"}
markedWithoutCode: allow
---
kind: Cashbox
id: acme-box-1
installation: acme-main
number: box-1
pool: acme-shop
requires: {AUTH.LOGIN: rest_login, AUTH.PASSWORD: rest_password}
)";

TEST(YamlDocuments, TheContractsExampleIsReadInFull) {
  const ParsedFile parsed = parse_documents("demo.yaml", kContract);
  ASSERT_THAT(parsed.problems, IsEmpty());
  ASSERT_THAT(parsed.documents, SizeIs(6));
  EXPECT_EQ(parsed.documents[0].document.tenant().name(), "ООО «Акме»");
  const v1::Pool& pool = parsed.documents[1].document.pool();
  EXPECT_EQ(pool.inn(), "7701234567");
  EXPECT_EQ(pool.ffd(), v1::FFD_1_05);
  EXPECT_EQ(pool.payment_address(), "https://shop.example.ru");
  EXPECT_EQ(pool.cashier().name(), "Иванова А.А.");
  const v1::Register& itkassa = parsed.documents[2].document.register_();
  EXPECT_EQ(itkassa.itkassa().cre_item_id(), "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(itkassa.itkassa().api_key(), "KEY");
  EXPECT_FALSE(itkassa.exclusive());
  EXPECT_FALSE(itkassa.has_bit());
  EXPECT_FALSE(itkassa.test());
  const v1::Register& bit = parsed.documents[3].document.register_();
  EXPECT_EQ(bit.registration_number(), "0000000001047487");
  EXPECT_EQ(bit.bit().kkt_token(), "0123456789abcdef0123456789abcdef");
  EXPECT_TRUE(bit.exclusive());
  const v1::Installation& installation = parsed.documents[4].document.installation();
  EXPECT_EQ(installation.secret(), "9f3c1e");
  EXPECT_EQ(installation.portal_webhook(), "https://b24-demo.bitrix24.ru/rest/1/abc/");
  EXPECT_EQ(installation.vat().at(3), "22");
  EXPECT_EQ(installation.marked_without_code(), v1::MARKED_WITHOUT_CODE_ALLOW);
  EXPECT_EQ(parsed.documents[5].document.cashbox().required_params().at("AUTH.PASSWORD"), "rest_password");
}

TEST(YamlDocuments, AVirtualRegisterHasNumbersForSettings) {
  const ParsedFile parsed = parse_documents("trial.yaml", R"(kind: Register
id: acme-trial
pool: acme-trials
protocol: virtual
test: true
virtual: {delayMs: 1500, refuseKopecks: 13}
)");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.documents[0].document.register_().virtual_().delay_ms(), "1500");
  EXPECT_EQ(parsed.documents[0].document.register_().virtual_().refuse_kopecks(), "13");
}

TEST(YamlDocuments, ATestRegisterSaysSo) {
  const ParsedFile parsed = parse_documents("f", "kind: Register\nid: r\ntest: true\n");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_TRUE(parsed.documents.at(0).document.register_().test());
}

TEST(YamlDocuments, TheProtocolMayStandBehindItsBlockAndWithoutOne) {
  const ParsedFile parsed = parse_documents("f",
                                            "kind: Register\nid: r\nbit: {kktToken: token}\nprotocol: bit\n---\n"
                                            "kind: Register\nid: s\nprotocol: itkassa\n");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.documents.at(0).document.register_().bit().kkt_token(), "token");
  EXPECT_TRUE(parsed.documents.at(1).document.register_().has_itkassa());
}

// The registry says that the protocol is missing; what is meant is not guessed from a block.
TEST(YamlDocuments, ABlockChoosesNoProtocol) {
  const ParsedFile parsed = parse_documents("f", "kind: Register\nid: r\nbit: {kktToken: token}\n");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.documents.at(0).document.register_().protocol_case(), v1::Register::PROTOCOL_NOT_SET);
}

TEST(YamlDocuments, NumbersKeepTheDigitsTheyWereWrittenWith) {
  const ParsedFile parsed = parse_documents("f",
                                            "kind: Pool\nid: p\ninn: 0501234567\nffd: 1.05\n---\n"
                                            "kind: Cashbox\nid: c\nnumber: 1.20\n");
  ASSERT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.documents.at(0).document.pool().inn(), "0501234567");
  EXPECT_EQ(parsed.documents.at(0).document.pool().ffd(), v1::FFD_1_05);
  EXPECT_EQ(parsed.documents.at(1).document.cashbox().number(), "1.20");
}

TEST(YamlDocuments, LinesCountThroughTheWholeFile) {
  const ParsedFile parsed = parse_documents("demo.yaml", kContract);
  EXPECT_EQ(describe(parsed.documents.at(1), "timezone", "is wrong"),
            "demo.yaml:12: pool/acme-shop: timezone: is wrong");
  EXPECT_EQ(describe(parsed.documents.at(4), "vat.3", "is wrong"),
            "demo.yaml:36: installation/acme-main: vat.3: is wrong");
  EXPECT_EQ(describe(parsed.documents.at(5), "requires.AUTH.LOGIN", "x"),
            "demo.yaml:44: cashbox/acme-box-1: requires.AUTH.LOGIN: x");
  EXPECT_EQ(describe(parsed.documents.at(0), "notThere", "is missing"),
            "demo.yaml:1: tenant/acme: notThere: is missing");
}

TEST(YamlDocuments, EmptyDocumentsBetweenSeparatorsAreNothing) {
  const ParsedFile parsed = parse_documents("f", "---\n---\nkind: Tenant\nid: a\n---\n");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_THAT(parsed.documents, SizeIs(1));
}

struct Case {
  const char* name;
  const char* text;
  const char* problem;
};

class BrokenYaml : public testing::TestWithParam<Case> {};

TEST_P(BrokenYaml, NamesFileLineDocumentAndKey) {
  const ParsedFile parsed = parse_documents("f.yaml", GetParam().text);
  EXPECT_THAT(parsed.problems, ElementsAre(GetParam().problem));
  EXPECT_THAT(parsed.documents, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    YamlDocuments, BrokenYaml,
    testing::Values(
        Case{"UnknownKey", "kind: Pool\nid: p\ncolour: red\n", "f.yaml:3: pool/p: colour: unknown key"},
        Case{"UnknownKeyBeforeTheId", "kind: Pool\ncolour: red\nid: p\n", "f.yaml:2: pool/p: colour: unknown key"},
        Case{"UnknownNestedKey", "kind: Register\nid: r\nitkassa:\n  apikey: x\n",
             "f.yaml:4: register/r: itkassa.apikey: unknown key"},
        Case{"KeyOfAnotherKind", "kind: Tenant\nid: t\ninn: \"1\"\n", "f.yaml:3: tenant/t: inn: unknown key"},
        Case{"DottedKeyIsNotAPath", "kind: Pool\nid: p\ncashier:\n  name.first: x\n",
             "f.yaml:4: pool/p: cashier.name.first: unknown key"},
        Case{"UnknownTaxation", "kind: Pool\nid: p\ntaxation: flat\n",
             "f.yaml:3: pool/p: taxation: must be osn, usn_income, usn_income_outcome, esn or patent"},
        Case{"UnknownFfd", "kind: Pool\nid: p\nffd: 1.20\n", "f.yaml:3: pool/p: ffd: must be \"1.05\" or \"1.2\""},
        Case{"EmptyWord", "kind: Installation\nid: i\nmarkedWithoutCode: \"\"\n",
             "f.yaml:3: installation/i: markedWithoutCode: must be refuse or allow"},
        Case{"UnknownDeduplication", "kind: Register\nid: r\nprotocol: bit\nbit: {deduplication: hoped}\n",
             "f.yaml:4: register/r: bit.deduplication: must be assumed-none or verified"},
        Case{"UnknownProtocol", "kind: Register\nid: r\nprotocol: fax\nbit: {kktToken: x}\n",
             "f.yaml:3: register/r: protocol: must be itkassa, bit or virtual"},
        Case{"BlockOfAnotherProtocol", "kind: Register\nid: r\nprotocol: bit\nitkassa: {apiKey: x}\n",
             "f.yaml:4: register/r: itkassa: does not belong to protocol bit"},
        Case{"BlockBeforeAnotherProtocol", "kind: Register\nid: r\nbit: {kktToken: x}\nprotocol: itkassa\n",
             "f.yaml:3: register/r: bit: does not belong to protocol itkassa"},
        Case{"FilledInByTheRegistry", "kind: Register\nid: r\ntenant: t\n",
             "f.yaml:3: register/r: tenant: unknown key"},
        Case{"MissingId", "kind: Tenant\nname: x\n", "f.yaml:1: tenant/: id: is missing"},
        Case{"MissingKind", "id: p\n", "f.yaml:1: kind: is missing"},
        Case{"UnknownKind", "id: p\nkind: Shop\n",
             "f.yaml:2: kind: Shop is none of Tenant, Pool, Register, Installation, Cashbox"},
        Case{"NullValue", "kind: Tenant\nid: t\nname:\n", "f.yaml:3: tenant/t: name: has no value"},
        Case{"ListForText", "kind: Tenant\nid: t\nname: [a]\n", "f.yaml:3: tenant/t: name: must be a text"},
        Case{"TextForMapping", "kind: Pool\nid: p\ncashier: Ivanova\n", "f.yaml:3: pool/p: cashier: must be a mapping"},
        Case{"TextForFlag", "kind: Register\nid: r\nexclusive: \"true\"\n",
             "f.yaml:3: register/r: exclusive: must be true or false"},
        Case{"WordForFlag", "kind: Register\nid: r\nexclusive: perhaps\n",
             "f.yaml:3: register/r: exclusive: must be true or false"},
        Case{"NumberForTest", "kind: Register\nid: r\ntest: 1\n", "f.yaml:3: register/r: test: must be true or false"},
        Case{"WordForVatId", "kind: Installation\nid: i\nvat: {ten: \"10\"}\n",
             "f.yaml:3: installation/i: vat.ten: the key must be a whole number"},
        Case{"MapForRequiredParameter", "kind: Cashbox\nid: c\nrequires: {AUTH: {LOGIN: x}}\n",
             "f.yaml:3: cashbox/c: requires.AUTH: must be a text"},
        Case{"DottedKeyAtTheTop", "kind: Installation\nid: i\nportal.webhook: x\n",
             "f.yaml:3: installation/i: portal.webhook: unknown key"},
        Case{"KindTwice", "kind: Tenant\nid: t\nkind: Tenant\n", "f.yaml:3: tenant/t: kind: is given twice"},
        Case{"KindTwiceInTwoCases", "kind: Tenant\nid: t\nkind: Pool\n", "f.yaml:3: tenant/t: kind: is given twice"},
        Case{"ValueInWindows1251", "kind: Tenant\nid: t\nname: \xCE\xCE\xCE\n",
             "f.yaml:3: tenant/t: name: is not UTF-8; is the file in windows-1251?"},
        Case{"NestedValueInWindows1251", "kind: Pool\nid: p\ncashier: {name: \xC8\xE2\xE0\xED}\n",
             "f.yaml:3: pool/p: cashier.name: is not UTF-8; is the file in windows-1251?"},
        Case{"ParameterInWindows1251", "kind: Cashbox\nid: c\nrequires: {A.B: \xC8}\n",
             "f.yaml:3: cashbox/c: requires.A.B: is not UTF-8; is the file in windows-1251?"},
        Case{"NameOfAParameterInWindows1251", "kind: Cashbox\nid: c\nrequires: {A.\xC8: x}\n",
             "f.yaml:3: cashbox/c: requires.A.?: is not UTF-8; is the file in windows-1251?"},
        Case{"KeyInWindows1251", "kind: Tenant\nid: t\n\xE8\xEC\xFF: x\n",
             "f.yaml:3: tenant/t: ???: is not UTF-8; is the file in windows-1251?"},
        Case{"IdInWindows1251", "kind: Tenant\nid: \xE8\n",
             "f.yaml:2: tenant/: id: is not UTF-8; is the file in windows-1251?"},
        Case{"KindInWindows1251", "kind: \xE8\nid: t\n",
             "f.yaml:1: kind: ? is none of Tenant, Pool, Register, Installation, Cashbox"},
        Case{"Overlong", "kind: Tenant\nid: t\nname: \xC0\x80\n",
             "f.yaml:3: tenant/t: name: is not UTF-8; is the file in windows-1251?"},
        Case{"Nothing", "", "f.yaml: holds no document"},
        Case{"OnlySeparators", "---\n---\n", "f.yaml: holds no document"},
        Case{"OnlyAComment", "# nothing\n", "f.yaml: holds no document"},
        Case{"KeyTwice", "kind: Tenant\nid: t\nname: a\nname: b\n", "f.yaml:4: tenant/t: name: is given twice"},
        Case{"NotAMapping", "just text\n", "f.yaml:1: a document is a mapping of keys to values"}),
    [](const auto& info) { return info.param.name; });

TEST(YamlDocuments, MoreDocumentsThanTheRegistryTakesAreAProblemOfTheFile) {
  std::string text;
  for (std::size_t i = 0; i < kDocumentsLimit; ++i) text += "---\nkind: Tenant\nid: t" + std::to_string(i) + "\n";
  EXPECT_THAT(parse_documents("f", text).problems, IsEmpty());
  EXPECT_THAT(parse_documents("f", text + "---\nkind: Tenant\nid: x\n").problems,
              ElementsAre("f: holds more than 10000 documents; split it"));
}

TEST(YamlDocuments, TextThatIsNotYamlNamesItsLine) {
  const ParsedFile parsed = parse_documents("f.yaml", "kind: Tenant\nid: [a\n");
  ASSERT_THAT(parsed.problems, SizeIs(1));
  EXPECT_THAT(parsed.problems[0], testing::StartsWith("f.yaml:3: not YAML: "));
}

TEST(YamlDocuments, WhatCannotBeginADocumentIsNotReadForEver) {
  for (const char* text : {",", "--- ,", "kind: Tenant\nid: t\nname: a\n---\n, one", "# a\n\n, two", "&a , b"}) {
    const ParsedFile parsed = parse_documents("f", text);
    ASSERT_THAT(parsed.problems, SizeIs(1)) << text;
    EXPECT_THAT(parsed.problems[0], testing::HasSubstr("not YAML: no document begins like this")) << text;
  }
}

TEST(YamlDocuments, NoProblemRepeatsALongId) {
  const ParsedFile parsed = parse_documents("f", "kind: Tenant\nid: " + std::string(100'000, 'a') + "\nx: 1\n");
  ASSERT_THAT(parsed.problems, SizeIs(1));
  EXPECT_EQ(parsed.problems[0], "f:3: tenant/" + std::string(64, 'a') + ": x: unknown key");
}

TEST(YamlDocuments, EveryProblemOfAFileIsToldAtOnce) {
  const ParsedFile parsed = parse_documents("f", "kind: Tenant\nid: t\na: 1\nb: 2\n---\nkind: Pool\nid: p\nc: 3\n");
  EXPECT_THAT(parsed.problems, ElementsAre("f:3: tenant/t: a: unknown key", "f:4: tenant/t: b: unknown key",
                                           "f:8: pool/p: c: unknown key"));
}

TEST(YamlDocuments, ValuesOfCredentialsAreNeverQuoted) {
  const ParsedFile parsed = parse_documents("f", "kind: Register\nid: r\nbit: {kktToken: [s3cret]}\nitkassa: s3cret\n");
  ASSERT_THAT(parsed.problems, SizeIs(2));
  for (const std::string& problem : parsed.problems) EXPECT_THAT(problem, testing::Not(testing::HasSubstr("s3cret")));
}

}  // namespace
}  // namespace kassaflow::kassactl
