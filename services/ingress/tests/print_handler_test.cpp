#include "print_handler.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "fakes.hpp"
#include "kassaflow/bitrix24/digest.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::ingress {
namespace {

const TenantId kTenant("acme");
const InstallationId kPortal("acme-main");

class PrintHandlerTest : public testing::Test {
 protected:
  boost::json::object print(const std::string& secret, const std::string& body) {
    PrintHandler handler({.snapshot = [this] { return snapshot_; },
                          .now_ms = [] { return std::int64_t{1780300801000}; },
                          .publisher = publisher_,
                          .duplicates = duplicates_,
                          .counters = counters_,
                          .limits = limits_});
    const std::string answer = run(handler.print(secret, body, "0123456789abcdef0123456789abcdef"));
    return boost::json::parse(answer).as_object();
  }
  static std::string uuid_of(const boost::json::object& answer) {
    EXPECT_EQ(answer.size(), 1U);
    EXPECT_TRUE(answer.contains("UUID")) << answer;
    return answer.contains("UUID") ? std::string(answer.at("UUID").as_string()) : "";
  }
  static std::string errors_of(const boost::json::object& answer) {
    EXPECT_EQ(answer.size(), 1U);
    EXPECT_TRUE(answer.contains("ERRORS")) << answer;
    if (!answer.contains("ERRORS") || answer.at("ERRORS").as_array().empty()) return "";
    return std::string(answer.at("ERRORS").as_array()[0].as_string());
  }
  std::string expected_id(const char* unique_id) {
    return snapshot_->installations.at(InstallationId("acme-main"))->id_key.value().receipt_id(unique_id).str();
  }
  bool counted(const std::string& line) { return metrics_.exposition().find(line) != std::string::npos; }

  std::shared_ptr<configuration::Snapshot> snapshot_ = make_snapshot();
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
  Buckets::Time now_{};
  Limits limits_{{.receipt_posts_per_hour = 10, .installation_posts_per_second = 4, .tenant_posts_per_second = 6},
                 counters_,
                 [this] { return now_; }};
  FakePublisher publisher_;
  FakeDuplicates duplicates_;
};

TEST_F(PrintHandlerTest, AnswersTheUuidOnceThePostIsDurable) {
  const std::string uuid = uuid_of(print("s3cr3t", fixture("sell-cash")));
  ASSERT_EQ(publisher_.messages.size(), 1U);
  EXPECT_EQ(publisher_.messages[0].topic, "kassaflow.receipts");
  EXPECT_EQ(publisher_.messages[0].key.str(), "acme-shop");
  EXPECT_EQ(publisher_.messages[0].trace, "0123456789abcdef0123456789abcdef");
  v1::ReceiptAccepted record;
  ASSERT_TRUE(record.ParseFromString(publisher_.messages[0].value));
  EXPECT_EQ(record.receipt_id(), uuid);
  EXPECT_TRUE(counted("kassaflow_receipts_accepted_total{tenant=\"acme\"} 1"));
  EXPECT_TRUE(counted("kassaflow_print_url_seconds_count 1"));
}

TEST_F(PrintHandlerTest, CountsWarningsByKind) {
  for (const std::string_view kind : fiscal::kWarningKinds)
    EXPECT_TRUE(counted("kassaflow_receipt_warnings_total{kind=\"" + std::string(kind) + "\"} 0"));
  uuid_of(print("s3cr3t", replaced(fixture("sell-cash"), "=buyer%40example.ru", "=buyer")));
  EXPECT_TRUE(counted("kassaflow_receipt_warnings_total{kind=\"contact_unusable\"} 1"));
  publisher_.answer = Published::unknown;
  print("s3cr3t", replaced(fixture("sell-cash"), "=buyer%40example.ru", "=buyer"));
  EXPECT_TRUE(counted("kassaflow_receipt_warnings_total{kind=\"contact_unusable\"} 1")) << "of accepted receipts only";
}

TEST_F(PrintHandlerTest, ARepeatGetsTheSameUuidAndIsPublishedAgain) {
  const std::string first = uuid_of(print("s3cr3t", fixture("sell-cash")));
  EXPECT_EQ(uuid_of(print("s3cr3t", fixture("sell-cash"))), first);
  EXPECT_EQ(publisher_.messages.size(), 2U);
}

TEST_F(PrintHandlerTest, ARepeatOfAPrintedReceiptGetsTheSameUuid) {
  const std::string first = uuid_of(print("s3cr3t", fixture("sell-cash")));
  v1::ReceiptAccepted record;
  ASSERT_TRUE(record.ParseFromString(publisher_.messages[0].value));
  duplicates_.contents[ReceiptId(first)] = {record.content_digest(), record.digest_version(), kTenant, kPortal};
  EXPECT_EQ(uuid_of(print("s3cr3t", fixture("sell-cash"))), first);
}

TEST_F(PrintHandlerTest, Rule13_RefusesOtherContentForAPrintedReceipt) {
  const std::string first = uuid_of(print("s3cr3t", fixture("sell-cash")));
  duplicates_.contents[ReceiptId(first)] = {std::string(32, 'x'), bitrix24::kDigestVersion, kTenant, kPortal};
  EXPECT_NE(errors_of(print("s3cr3t", fixture("sell-cash"))).find("уже напечатан с другим содержимым"),
            std::string::npos);
  EXPECT_EQ(publisher_.messages.size(), 2U) << "the journal keeps it as a conflict";
  EXPECT_TRUE(counted("kassaflow_receipts_refused_total{reason=\"printed\"} 1"));
}

TEST_F(PrintHandlerTest, Rule13_LeavesDigestsOfAnotherVersionToTheJournal) {
  const std::string first = uuid_of(print("s3cr3t", fixture("sell-cash")));
  for (const std::uint32_t version : {0U, bitrix24::kDigestVersion + 1}) {
    duplicates_.contents[ReceiptId(first)] = {std::string(32, 'x'), version, kTenant, kPortal};
    EXPECT_EQ(uuid_of(print("s3cr3t", fixture("sell-cash"))), first);
  }
}

TEST_F(PrintHandlerTest, I5_WhatWasPrintedOfAnotherIsNoGroundForARefusal) {
  const std::string first = uuid_of(print("s3cr3t", fixture("sell-cash")));
  const std::vector<std::pair<TenantId, InstallationId>> others{
      {TenantId("other"), kPortal}, {kTenant, InstallationId("other-main")}, {TenantId(), InstallationId()}};
  for (const auto& [tenant, installation] : others) {
    duplicates_.contents[ReceiptId(first)] = {std::string(32, 'x'), bitrix24::kDigestVersion, tenant, installation};
    EXPECT_EQ(uuid_of(print("s3cr3t", fixture("sell-cash"))), first);
  }
}

// exactly-once.md 18
TEST_F(PrintHandlerTest, AHeaderSaysWhoseTheRecordIs) {
  const std::string uuid = uuid_of(print("s3cr3t", fixture("sell-cash")));
  v1::ReceiptAccepted record;
  ASSERT_TRUE(record.ParseFromString(publisher_.messages.at(0).value));
  ASSERT_EQ(publisher_.messages[0].headers.size(), 1U);
  EXPECT_EQ(publisher_.messages[0].headers[0].first, "owner");
  v1::ReceiptOwner owner;
  ASSERT_TRUE(owner.ParseFromString(publisher_.messages[0].headers[0].second));
  EXPECT_EQ(owner.receipt_id(), uuid);
  EXPECT_EQ(owner.post_id(), record.post_id());
  EXPECT_EQ(owner.tenant(), "acme");
  EXPECT_EQ(owner.installation(), "acme-main");
  EXPECT_EQ(owner.cashbox(), "acme-box");
  EXPECT_EQ(owner.unique_id(), record.unique_id());
}

TEST_F(PrintHandlerTest, Rule15_SaysThatTheResultIsUnknownWhenKafkaDidNotConfirm) {
  publisher_.answer = Published::unknown;
  const std::string error = errors_of(print("s3cr3t", fixture("sell-cash")));
  EXPECT_NE(error.find("Неизвестно"), std::string::npos);
  EXPECT_NE(error.find("этот же чек"), std::string::npos);
  EXPECT_NE(error.find("не создавайте новый"), std::string::npos);
  EXPECT_TRUE(counted("kassaflow_receipts_refused_total{reason=\"unconfirmed\"} 1"));
}

TEST_F(PrintHandlerTest, SaysThatNothingWasSentWhenThatIsCertain) {
  publisher_.answer = Published::not_sent;
  const std::string error = errors_of(print("s3cr3t", fixture("sell-cash")));
  EXPECT_EQ(error.find("Неизвестно"), std::string::npos);
  EXPECT_NE(error.find("Чек не принят"), std::string::npos);
}

TEST_F(PrintHandlerTest, AnswersErrorsWhenItselfIsBroken) {
  publisher_.breaks = true;
  EXPECT_NE(errors_of(print("s3cr3t", fixture("sell-cash"))).find("Неизвестно"), std::string::npos);
  EXPECT_TRUE(counted("kassaflow_receipts_refused_total{reason=\"internal\"} 1"));
}

TEST_F(PrintHandlerTest, RefusedPostsAreNotPublished) {
  for (const auto& [secret, body] :
       std::vector<std::pair<std::string, std::string>>{{"nobody", fixture("sell-cash")},
                                                        {"s3cr3t", "items%5B0%5D=%zz"},
                                                        {"s3cr3t", ""},
                                                        {"s3cr3t", replaced(fixture("sell-cash"), "=kx", "=no")}}) {
    EXPECT_NE(errors_of(print(secret, body)), "");
  }
  EXPECT_TRUE(publisher_.messages.empty());
}

std::string numbered(int unique_id) {
  static const std::string body = fixture("sell-cash");
  const auto at = body.find("unique_id=") + 10;
  return std::string(body).replace(at, body.find('&', at) - at, std::to_string(unique_id));
}

TEST_F(PrintHandlerTest, I7_OnePortalsFloodIsRefusedForATimeAndNoOtherIsHeldUp) {
  for (int i = 0; i < 40; ++i) EXPECT_NE(uuid_of(print("s3cr3t", numbered(i + 1))), "");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    const std::string error = errors_of(print("s3cr3t", numbered(100 + i)));
    EXPECT_NE(error.find("Чек не принят"), std::string::npos) << error;
    EXPECT_NE(error.find("ещё раз"), std::string::npos) << error;
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(publisher_.messages.size(), 40U);
  EXPECT_TRUE(counted("kassaflow_receipts_refused_total{reason=\"limited\"} 3"));
  EXPECT_TRUE(counted("kassaflow_limited_total{limit=\"installation\"} 3"));
  EXPECT_EQ(log.find("limit.reached"), log.rfind("limit.reached")) << "once a minute: " << log;
  EXPECT_NE(log.find(R"("event":"limit.reached","limit":"installation","tenant":"acme","name":"acme-main")"),
            std::string::npos)
      << log;
  EXPECT_NE(uuid_of(print("0th3r", numbered(1))), "");
  now_ += std::chrono::seconds(10);
  for (int i = 0; i < 40; ++i) EXPECT_NE(uuid_of(print("s3cr3t", numbered(200 + i))), "");
  EXPECT_NE(errors_of(print("s3cr3t", numbered(300))), "");
}

TEST_F(PrintHandlerTest, I7_TheTenantHasALimitOfItsOwn) {
  auto second = std::make_shared<configuration::Installation>(*snapshot_->installations[InstallationId("acme-main")]);
  second->id = InstallationId("acme-second");
  snapshot_->installations_by_secret["s3c0nd"] = second;
  for (int i = 0; i < 50; ++i) print("s3cr3t", numbered(i + 1));  // ten are refused, and cost the tenant nothing
  for (int i = 0; i < 20; ++i) EXPECT_NE(uuid_of(print("s3c0nd", numbered(i + 1))), "");
  EXPECT_NE(errors_of(print("s3c0nd", numbered(21))), "");
  EXPECT_TRUE(counted("kassaflow_limited_total{limit=\"tenant\"} 1"));
  EXPECT_NE(uuid_of(print("0th3r", numbered(1))), "");
}

TEST_F(PrintHandlerTest, I7_ALargePostCountsAsSeveral) {
  const std::string large = numbered(1) + "&ignored=" + std::string(25 * Limits::kCountedBytes, 'x');
  EXPECT_NE(uuid_of(print("s3cr3t", large)), "");
  EXPECT_NE(errors_of(print("s3cr3t", large)), "");
  EXPECT_EQ(publisher_.messages.size(), 1U);
}

// 28 300 posts of one check wrote 2.1 GB. Kept posts are answered as ever, those beyond with ERRORS and not with the
// UUID: each may be a "print again" that must reach the journal (exactly-once.md 12, 14).
TEST_F(PrintHandlerTest, I7_PostsOfOneCheckAreBounded) {
  const std::string uuid = uuid_of(print("s3cr3t", numbered(1)));
  for (int i = 1; i < 10; ++i) EXPECT_EQ(uuid_of(print("s3cr3t", numbered(1))), uuid);
  const std::string error = errors_of(print("s3cr3t", numbered(1)));
  EXPECT_NE(error.find("не создавайте новый"), std::string::npos) << error;
  EXPECT_EQ(publisher_.messages.size(), 10U);
  EXPECT_TRUE(counted("kassaflow_limited_total{limit=\"receipt\"} 1"));
  EXPECT_NE(uuid_of(print("s3cr3t", numbered(2))), uuid);
  EXPECT_NE(uuid_of(print("0th3r", numbered(1))), uuid) << "another portal's check of the same number";
}

TEST_F(PrintHandlerTest, I7_PostsThatKafkaDidNotTakeAreNotCountedForTheCheck) {
  publisher_.answer = Published::not_sent;
  for (int i = 0; i < 20; ++i) errors_of(print("s3cr3t", numbered(1)));
  publisher_.answer = Published::durable;
  EXPECT_NE(uuid_of(print("s3cr3t", numbered(1))), "");
}

TEST_F(PrintHandlerTest, I7_StrangersShareOneLimit) {
  for (int i = 0; i < 41; ++i) errors_of(print("guess-" + std::to_string(i), numbered(1)));
  EXPECT_TRUE(counted("kassaflow_limited_total{limit=\"installation\"} 1"));
  EXPECT_NE(uuid_of(print("s3cr3t", numbered(1))), "");
}

TEST_F(PrintHandlerTest, EveryReasonIsCountedFromTheStart) {
  for (int i = 0; i < kReasons; ++i) {
    EXPECT_TRUE(
        counted("kassaflow_receipts_refused_total{reason=\"" + std::string(name_of(static_cast<Reason>(i))) + "\"} 0"));
  }
}

TEST_F(PrintHandlerTest, TakesEveryRequestOfThePortal) {
  auto portal =
      std::const_pointer_cast<configuration::Installation>(snapshot_->installations[InstallationId("acme-main")]);
  portal->cashboxes_by_number["box-1"].required_params.clear();
  portal->marked_without_code = configuration::MarkedWithoutCode::allow;
  for (const char* name :
       {"advancepayment", "advancereturn", "credit", "creditpayment", "creditpaymentreturn-without-payment-method",
        "creditreturn", "fullprepayment", "fullprepaymentreturn", "prepayment-scaled-lines",
        "prepaymentreturn-scaled-lines", "sell-agent-supplier", "sell-cash", "sell-empty-settings-no-number",
        "sell-from-deal-odd-kopecks", "sell-marked-two-units", "sell-marked-without-code",
        "sell-two-goods-discount-delivery", "sellreturn"}) {
    EXPECT_NE(uuid_of(print("s3cr3t", fixture(name))), "") << name;
  }
}

}  // namespace
}  // namespace kassaflow::ingress
