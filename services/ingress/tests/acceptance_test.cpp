#include "acceptance.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes.hpp"
#include "kassaflow/bitrix24/digest.hpp"
#include "kassaflow/receipts/id.hpp"

namespace kassaflow::ingress {
namespace {

Accepting<v1::ReceiptAccepted> accept_at(const configuration::Snapshot& snapshot, std::string_view secret,
                                         std::string_view body, std::int64_t now_ms = 1780300801000) {
  const auto installation = find_installation(snapshot, secret, now_ms);
  if (!installation) return tl::unexpected(installation.error());
  return accept(snapshot, *installation, body, {}, now_ms);
}

Reason reason_of(const Accepting<v1::ReceiptAccepted>& accepted) {
  EXPECT_FALSE(accepted.has_value());
  if (accepted) return Reason::internal;
  EXPECT_FALSE(accepted.error().texts.empty());
  return accepted.error().reason;
}

TEST(Acceptance, MakesTheRecordOfAPost) {
  const auto snapshot = make_snapshot();
  const auto record = accept_at(*snapshot, "s3cr3t", fixture("sell-two-goods-discount-delivery"));
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->receipt_id(),
            snapshot->installations.at(InstallationId("acme-main"))->id_key.value().receipt_id("1908716413").str());
  EXPECT_TRUE(receipts::is_uuid(record->post_id()));
  EXPECT_EQ(record->tenant(), "acme");
  EXPECT_EQ(record->installation(), "acme-main");
  EXPECT_EQ(record->cashbox(), "acme-box");
  EXPECT_EQ(record->pool(), "acme-shop");
  EXPECT_EQ(record->unique_id(), "1908716413");
  EXPECT_EQ(record->date_create_s(), 1795435820);
  EXPECT_EQ(record->accepted_at_ms(), 1780300801000);
  EXPECT_EQ(record->content_digest().size(), 32U);
  EXPECT_EQ(record->digest_version(), bitrix24::kDigestVersion);
  EXPECT_EQ(record->portal_uuid(), "check|b24-demo.bitrix24.ru|1908716413|1795435820");
  EXPECT_EQ(record->receipt().check_type(), "sell");
  EXPECT_EQ(record->receipt().total_kopecks(), 110620);
  EXPECT_EQ(record->receipt().lines_size(), 3);
}

TEST(Acceptance, Rule18_WritesNoRecordThatNobodyWouldRead) {
  const auto snapshot = make_snapshot();
  const auto pool = std::make_shared<configuration::Pool>(*snapshot->pools[PoolId("acme-shop")]);
  pool->till.ffd = fiscal::Ffd::v1_2;  // which does not tell a product code, and so does not judge it
  snapshot->pools[pool->id] = pool;
  std::const_pointer_cast<configuration::Installation>(snapshot->installations[InstallationId("acme-main")])
      ->marked_without_code = configuration::MarkedWithoutCode::allow;
  const auto product_code_of = [](std::size_t length) {
    const auto body =
        replaced(fixture("sell-marked-two-units"), "=DM%04%2F%1F%96%81xJgXJ5.T-9m3xA", "=" + std::string(length, 'x'));
    return replaced(body, "=010460043993125621JgXJ5.T-9m3xA%1D93dGVz", "=");
  };
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", product_code_of(200)).has_value());
  const auto refused = accept_at(*snapshot, "s3cr3t", product_code_of(201));
  EXPECT_EQ(reason_of(refused), Reason::content);
  EXPECT_NE(refused.error().texts.front().find("receipt.lines[0].product_code"), std::string::npos);
}

TEST(Acceptance, RecordsHoldNoSecret) {
  const auto snapshot = make_snapshot();
  const std::string token = "t0ken-of-the-cashbox";
  std::const_pointer_cast<configuration::Installation>(snapshot->installations[InstallationId("acme-main")])
      ->cashboxes_by_number["box-1"]
      .required_params["GATEWAY.TOKEN"] = Secret(token);
  const auto record = accept_at(*snapshot, "s3cr3t", replaced(fixture("sell-cash"), "=kx", "=" + token));
  ASSERT_TRUE(record.has_value());
  const std::string bytes = record->SerializeAsString();
  for (const std::string& secret : {token, std::string("s3cr3t"), std::string("acme-id-key")})
    EXPECT_EQ(bytes.find(secret), std::string::npos);
}

TEST(Acceptance, TheSameCheckGetsTheSameIdAndEveryPostItsOwn) {
  const auto snapshot = make_snapshot();
  const auto first = accept_at(*snapshot, "s3cr3t", fixture("sell-cash"));
  const auto again = accept_at(*snapshot, "s3cr3t", fixture("sell-cash"));
  const auto other = accept_at(*snapshot, "0th3r", fixture("sell-cash"));
  ASSERT_TRUE(first && again && other);
  EXPECT_EQ(first->receipt_id(), again->receipt_id());
  EXPECT_EQ(first->content_digest(), again->content_digest());
  EXPECT_NE(first->post_id(), again->post_id());
  EXPECT_NE(first->receipt_id(), other->receipt_id());  // the same unique_id of another portal
  EXPECT_EQ(other->tenant(), "other");
  EXPECT_EQ(other->pool(), "other-shop");
}

TEST(Acceptance, AFormerSecretIsKnownUntilItsTimeIsOver) {
  const auto snapshot = make_snapshot();
  const auto portal =
      std::const_pointer_cast<configuration::Installation>(snapshot->installations[InstallationId("acme-main")]);
  portal->former_secret = Secret("b3f0re");
  portal->former_secret_until_ms = 5000;
  snapshot->installations_by_secret["b3f0re"] = portal;
  const std::string body = fixture("sell-cash");
  const auto at = [&](const char* secret, std::int64_t now_ms) { return accept_at(*snapshot, secret, body, now_ms); };
  EXPECT_EQ(at("b3f0re", 4999)->receipt_id(), at("s3cr3t", 4999)->receipt_id());
  EXPECT_EQ(reason_of(at("b3f0re", 5000)), Reason::installation);
  EXPECT_EQ(at("b3f0re", 5000).error().texts, at("unknown", 5000).error().texts);
  EXPECT_TRUE(at("s3cr3t", 5000).has_value());
}

TEST(Acceptance, KnowsPortalsByTheirSecretOnly) {
  const auto snapshot = make_snapshot();
  const std::string body = fixture("sell-cash");
  for (const char* secret : {"", "unknown", "acme-main", "S3CR3T", "s3cr3t "})
    EXPECT_EQ(reason_of(accept_at(*snapshot, secret, body)), Reason::installation);
  EXPECT_EQ(reason_of(accept_at(configuration::Snapshot{}, "s3cr3t", body)), Reason::configuration);
}

TEST(Acceptance, AnUnnumberedCashboxIsTheOnlyOneOfItsPortal) {
  const auto snapshot = make_snapshot();
  auto portal =
      std::const_pointer_cast<configuration::Installation>(snapshot->installations[InstallationId("acme-main")]);
  portal->cashboxes_by_number["box-1"].required_params.clear();
  const std::string body = fixture("sell-empty-settings-no-number");
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", body).has_value());
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", replaced(body, "&number_kkm=", "")).has_value());
  EXPECT_EQ(reason_of(accept_at(*snapshot, "0th3r", body)), Reason::cashbox);
  portal->cashboxes_by_number.clear();
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", body)), Reason::cashbox);
}

std::string not_connected(const std::string& number) {
  return "Касса с номером «" + number +
         "» не подключена к шлюзу. Проверьте в её настройках адрес печати чеков, номер кассы (поле number_kkm) и "
         "параметры (поле cashbox_params).";
}

TEST(Acceptance, NamesAnUnknownCashbox) {
  const auto accepted =
      accept_at(*make_snapshot(), "s3cr3t", replaced(fixture("sell-cash"), "number_kkm=box-1", "number_kkm=box-7"));
  EXPECT_EQ(reason_of(accepted), Reason::cashbox);
  EXPECT_EQ(accepted.error().texts[0], not_connected("box-7"));
  EXPECT_EQ(accepted.error().tenant.str(), "acme");
}

// Half a letter would make the whole answer unreadable.
TEST(Acceptance, CutsALongNumberOfACashboxBetweenLetters) {
  std::string number = "a", shown = "a";
  for (int i = 0; i < 100; ++i) number += "%D0%9A";
  for (int i = 0; i < 63; ++i) shown += "К";
  const auto accepted =
      accept_at(*make_snapshot(), "s3cr3t", replaced(fixture("sell-cash"), "number_kkm=box-1", "number_kkm=" + number));
  EXPECT_EQ(reason_of(accepted), Reason::cashbox);
  EXPECT_EQ(accepted.error().texts[0], not_connected(shown));
}

TEST(Acceptance, WantsTheCashboxParameters) {
  const auto snapshot = make_snapshot();
  for (const char* token : {"=wrong", "=", "=kxx", "=k"}) {
    const auto accepted = accept_at(*snapshot, "s3cr3t", replaced(fixture("sell-cash"), "=kx", token));
    EXPECT_EQ(reason_of(accepted), Reason::credentials) << token;
    EXPECT_EQ(accepted.error().texts, std::vector{not_connected("box-1")});
  }
}

// Whoever knows no cashbox and its parameters cannot find out whether a secret is somebody's.
TEST(Acceptance, I5_AnUnknownSecretIsAnsweredLikeAKnownOne) {
  const auto snapshot = make_snapshot();
  const std::string good = fixture("sell-cash");
  for (const std::string& body :
       {replaced(good, "number_kkm=box-1", "number_kkm=box-7"), replaced(good, "=kx", "=wrong"),
        replaced(good, "&number_kkm=box-1", ""), std::string("items%5B0%5D=%zz"), std::string(), std::string("a=b")}) {
    const auto known = accept_at(*snapshot, "0th3r", body);
    const auto unknown = accept_at(*snapshot, "gu3ss", body);
    ASSERT_FALSE(known.has_value() || unknown.has_value());
    EXPECT_EQ(known.error().texts, unknown.error().texts) << body.substr(0, 40);
  }
  EXPECT_EQ(accept_at(*snapshot, "gu3ss", good).error().texts, std::vector{not_connected("box-1")});
}

TEST(Acceptance, RefusesAPoolThatIsGone) {
  const auto snapshot = make_snapshot();
  snapshot->pools.clear();
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", fixture("sell-cash"))), Reason::configuration);
}

TEST(Acceptance, MapsByTheRulesOfPortalAndPool) {
  const auto snapshot = make_snapshot();
  const auto pool = std::const_pointer_cast<configuration::Pool>(snapshot->pools[PoolId("acme-shop")]);
  const std::string body = fixture("sell-marked-without-code");
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", body)), Reason::content);
  std::const_pointer_cast<configuration::Installation>(snapshot->installations[InstallationId("acme-main")])
      ->marked_without_code = configuration::MarkedWithoutCode::allow;
  for (const auto ffd : {fiscal::Ffd::v1_05, fiscal::Ffd::v1_2}) {
    pool->till.ffd = ffd;
    const auto record = accept_at(*snapshot, "s3cr3t", body);
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->receipt().lines(0).subject(), 32);
    EXPECT_TRUE(record->receipt().lines(0).has_measure());
  }
  const std::string composite = replaced(fixture("sell-cash"), "=commodity", "=composite");
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", composite)), Reason::content);
  pool->till.ffd = fiscal::Ffd::v1_05;
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", composite).has_value());
}

// protocols/itkassa.md §9: what no register of the pool takes is refused at once, not failed by each of them.
TEST(Acceptance, RefusesAZeroTotalThatNoRegisterOfThePoolTakes) {
  const auto snapshot = make_snapshot();
  const std::string gift = case_body("zero-total");
  const auto refused = accept_at(*snapshot, "s3cr3t", gift);
  EXPECT_EQ(reason_of(refused), Reason::content);
  EXPECT_NE(refused.error().texts[0].find("total_sum"), std::string::npos) << refused.error().texts[0];

  auto bit = std::make_shared<configuration::Register>(*snapshot->registers_by_pool[PoolId("acme-shop")][0]);
  bit->settings.protocol = registers::find_protocol("bit");
  snapshot->registers_by_pool[PoolId("acme-shop")].push_back(bit);
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", gift).has_value());
  bit->retired = true;
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", gift)), Reason::content);
  snapshot->unknown_registers[RegisterId("of the future")] = PoolId("acme-shop");
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", gift).has_value());
  snapshot->unknown_registers[RegisterId("of the future")] = PoolId("other-shop");
  EXPECT_EQ(reason_of(accept_at(*snapshot, "s3cr3t", gift)), Reason::content);
  snapshot->registers_by_pool[PoolId("acme-shop")] = {bit};
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", gift).has_value());
  snapshot->registers_by_pool.clear();
  EXPECT_TRUE(accept_at(*snapshot, "s3cr3t", gift).has_value());
}

TEST(Acceptance, WarningsTravelWithTheRecordAndChangeNoDigest) {
  const auto snapshot = make_snapshot();
  const auto plain = accept_at(*snapshot, "s3cr3t", fixture("sell-cash"));
  const auto warned = accept_at(*snapshot, "s3cr3t", replaced(fixture("sell-cash"), "=buyer%40example.ru", "=buyer"));
  ASSERT_TRUE(plain && warned);
  EXPECT_EQ(plain->receipt().warnings_size(), 0);
  ASSERT_EQ(warned->receipt().warnings_size(), 1);
  EXPECT_EQ(warned->receipt().warnings(0).kind(), "contact_unusable");
  EXPECT_EQ(warned->receipt().buyer_contact(), "");
  EXPECT_EQ(warned->content_digest(), plain->content_digest());
}

TEST(Acceptance, HostileBodiesAreRefused) {
  const auto snapshot = make_snapshot();
  for (const std::string& body :
       {std::string("items%5B0%5D=%zz"), std::string("\0\xFF", 2), std::string("{}"), std::string(),
        std::string(5'000'000, 'a'), std::string("items[0][0][0][0][0][0][0][0][0]=1")}) {
    const Reason reason = reason_of(accept_at(*snapshot, "s3cr3t", body));
    EXPECT_TRUE(reason == Reason::form || reason == Reason::content);
  }
}

TEST(Acceptance, EveryReasonHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i < kReasons; ++i) names.insert(name_of(static_cast<Reason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kReasons));
}

}  // namespace
}  // namespace kassaflow::ingress
