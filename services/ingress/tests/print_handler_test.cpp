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
                          .counters = counters_});
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
