#include "callback_handler.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fakes.hpp"
#include "kassaflow/records/limits.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::ingress {
namespace {

constexpr const char* kOurs =
    R"({"id":"1","idempKey":"key","creItemId":"11111111-2222-3333-4444-55555555AAAA","resultItem":{}})";

class CallbackHandlerTest : public testing::Test {
 protected:
  int take(std::string token, std::string_view key, std::string_view body, std::string_view organization = "") {
    return answer(std::move(token), key, body, organization).status;
  }
  CallbackHandler::Answer answer(std::string token, std::string_view key, std::string_view body,
                                 std::string_view organization = "") {
    CallbackHandler handler({.registers = [this] { return std::make_shared<const CloudRegisters>(snapshot_); },
                             .now_ms = [this] { return now_ms_; },
                             .publisher = publisher_,
                             .limits = limits_});
    const auto headers = [&](std::string_view name) {
      return name == "X-Api-Key" ? key : name == "X-Organization-Id" ? organization : std::string_view();
    };
    return run(handler.take({registers::find_protocol("itkassa"), std::move(token), headers, body}, "trace"));
  }
  std::shared_ptr<configuration::Snapshot> snapshot_ = make_snapshot();
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
  Limits limits_{
      {.token_callbacks_per_second = 10, .tenant_callbacks_per_second = 15}, counters_, [] { return Buckets::Time(); }};
  FakePublisher publisher_;
  std::int64_t now_ms_ = 1234;
};

TEST_F(CallbackHandlerTest, PublishesOurCallbackAsReceived) {
  EXPECT_EQ(take("acme-token", "acme-key", kOurs), 200);
  ASSERT_EQ(publisher_.messages.size(), 1U);
  EXPECT_EQ(publisher_.messages[0].topic, "kassaflow.callbacks");
  EXPECT_EQ(publisher_.messages[0].key.str(), "acme-shop");
  EXPECT_EQ(publisher_.messages[0].trace, "trace");
  v1::RegisterCallback record;
  ASSERT_TRUE(record.ParseFromString(publisher_.messages[0].value));
  EXPECT_EQ(record.tenant(), "acme");
  EXPECT_EQ(record.register_(), "acme-kkt");
  EXPECT_EQ(record.pool(), "acme-shop");
  EXPECT_EQ(record.protocol(), "itkassa");
  EXPECT_EQ(record.body(), kOurs);
  EXPECT_EQ(record.received_at_ms(), 1234);
  EXPECT_EQ(record.identity(), "itkassa:11111111-2222-3333-4444-55555555aaaa");
  EXPECT_EQ(record.attempt_key(), "key");
  EXPECT_EQ(record.remote_id(), "1");
}

TEST_F(CallbackHandlerTest, LeavesAloneWhatNamesNoAttempt) {
  EXPECT_EQ(take("acme-token", "acme-key", R"({"creItemId":"11111111-2222-3333-4444-55555555AAAA"})"), 200);
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, RefusesWhoeverDoesNotKnowTokenAndKey) {
  EXPECT_EQ(take("unknown", "acme-key", kOurs), 403);
  EXPECT_EQ(take("", "acme-key", kOurs), 403);
  EXPECT_EQ(take("acme-token", "other-key", kOurs), 403);
  EXPECT_EQ(take("acme-token", "", kOurs), 403);
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, NobodyKnowsAKeyThatIsNotSet) {
  auto kkt = std::make_shared<configuration::Register>(*snapshot_->registers[RegisterId("acme-kkt")]);
  v1::Register document = kkt_of("acme");
  document.mutable_itkassa()->clear_callback_key();
  kkt->settings = registers::read_settings(document).value();
  snapshot_->registers_by_callback_token["acme-token"] = {kkt};
  EXPECT_EQ(take("acme-token", "", kOurs), 403);
}

TEST_F(CallbackHandlerTest, AFormerTokenAndItsKeyAreKnownUntilTheirTimeIsOver) {
  auto kkt = std::make_shared<configuration::Register>(*snapshot_->registers[RegisterId("acme-kkt")]);
  v1::Register before = kkt_of("acme");
  before.mutable_itkassa()->set_callback_key("key-before");
  kkt->former_callbacks = {Secret("token-before"), registers::read_settings(before)->own, now_ms_ + 1};
  snapshot_->registers_by_callback_token["acme-token"] = {kkt};
  snapshot_->registers_by_callback_token["token-before"] = {kkt};
  EXPECT_EQ(take("token-before", "key-before", kOurs), 200);
  EXPECT_EQ(take("token-before", "acme-key", kOurs), 403);
  EXPECT_EQ(take("acme-token", "key-before", kOurs), 403);
  EXPECT_EQ(take("acme-token", "acme-key", kOurs), 200);
  ++now_ms_;
  EXPECT_EQ(take("token-before", "key-before", kOurs), 403);
  EXPECT_EQ(take("acme-token", "acme-key", kOurs), 200);
}

TEST_F(CallbackHandlerTest, ComparesTheOrganizationWhenItIsSet) {
  auto kkt = std::make_shared<configuration::Register>(*snapshot_->registers[RegisterId("acme-kkt")]);
  v1::Register document = kkt_of("acme");
  document.mutable_itkassa()->set_organization_id("aaaa-bbbb");
  kkt->settings = registers::read_settings(document).value();
  snapshot_->registers_by_callback_token["acme-token"] = {kkt};
  EXPECT_EQ(take("acme-token", "acme-key", kOurs, "cccc-dddd"), 403);
  EXPECT_EQ(take("acme-token", "acme-key", kOurs), 403);
  EXPECT_TRUE(publisher_.messages.empty());
  EXPECT_EQ(take("acme-token", "acme-key", kOurs, "AAAA-BBBB"), 200);
}

TEST_F(CallbackHandlerTest, RoutesToAnotherRegisterOfTheTenant) {
  auto second = std::make_shared<configuration::Register>(*snapshot_->registers[RegisterId("acme-kkt")]);
  v1::Register document = kkt_of("acme");
  document.set_id("acme-kkt-2");
  document.mutable_itkassa()->set_cre_item_id("22222222-2222-3333-4444-555555555555");
  second->settings = registers::read_settings(document).value();
  second->pool = PoolId("acme-second");
  snapshot_->registers[RegisterId("acme-kkt-2")] = second;
  EXPECT_EQ(take("acme-token", "acme-key", R"({"id":"1","creItemId":"22222222-2222-3333-4444-555555555555"})"), 200);
  ASSERT_EQ(publisher_.messages.size(), 1U);
  EXPECT_EQ(publisher_.messages[0].key.str(), "acme-second");
}

TEST_F(CallbackHandlerTest, NeverRoutesToAnotherTenant) {
  EXPECT_EQ(take("acme-token", "acme-key", R"({"id":"1","creItemId":"99999999-2222-3333-4444-555555555555"})"), 200);
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, AcceptsAndForgetsWhatOtherSoftwarePrinted) {
  for (const char* body : {R"({"creItemId":"00000000-2222-3333-4444-555555555555"})", R"({"creItemId":null})",
                           R"({"creItemId":7})", "{}"}) {
    EXPECT_EQ(take("acme-token", "acme-key", body), 200) << body;
  }
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, RefusesMalformedBodies) {
  const std::string deep(100'000, '[');
  for (const std::string& body : {std::string(), std::string("{"), std::string("[1]"), std::string("null"), deep}) {
    EXPECT_EQ(take("acme-token", "acme-key", body), 400) << body.substr(0, 20);
  }
  EXPECT_EQ(take("acme-token", "acme-key", std::string(records::kCallbackLimit + 1, ' ')), 413);
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, Rule18_WritesNothingThatNoReaderWouldTake) {
  const auto with_key = [](const std::string& key) {
    return R"({"id":"1","creItemId":"11111111-2222-3333-4444-55555555aaaa","idempKey":")" + key + "\"}";
  };
  EXPECT_EQ(take("acme-token", "acme-key", with_key(std::string(records::kNameLimit, 'x'))), 200);
  publisher_.messages.clear();
  for (const auto& key :
       {std::string(records::kNameLimit + 1, 'x'), std::string("a\\u0000b"), std::string(200'000, 'x')}) {
    EXPECT_EQ(take("acme-token", "acme-key", with_key(key)), 400) << key.substr(0, 20);
  }
  EXPECT_TRUE(publisher_.messages.empty());
}

TEST_F(CallbackHandlerTest, I7_OneCloudsFloodIsRefusedForATimeAndNoOtherIsHeldUp) {
  const std::string large(240'000, ' ');  // itkassa.md §6.2 needs a few KB
  int published = 0;
  while (take("acme-token", "acme-key", kOurs + large) == 200) ASSERT_LT(++published, 100);
  EXPECT_EQ(published, 3) << "100 of 8 KiB";
  const auto refused = answer("acme-token", "acme-key", kOurs + large);
  EXPECT_EQ(refused.status, 429);
  ASSERT_TRUE(refused.retry_after.has_value());
  EXPECT_GT(refused.retry_after->count(), 0);
  EXPECT_LE(refused.retry_after->count(), 10);
  EXPECT_EQ(publisher_.messages.size(), 3U);
  EXPECT_EQ(take("acme-token", "other-key", kOurs), 403) << "whoever does not know the key takes nothing from them";
  EXPECT_EQ(take("other-token", "other-key", R"({"id":"1","creItemId":"99999999-2222-3333-4444-555555555555"})"), 200);
  EXPECT_NE(metrics_.exposition().find(R"(kassaflow_limited_total{limit="callback_token"} 2)"), std::string::npos);
}

TEST_F(CallbackHandlerTest, I7_StrangersShareOneLimit) {
  std::set<int> answers;
  for (int i = 0; i < 101; ++i) answers.insert(take("guess-" + std::to_string(i), "key", kOurs));
  EXPECT_EQ(answers, (std::set{403, 429}));
  EXPECT_EQ(take("acme-token", "acme-key", kOurs), 200);
}

TEST_F(CallbackHandlerTest, AsksForARepeatUnlessDurable) {
  for (const Published published : {Published::not_sent, Published::unknown}) {
    publisher_.answer = published;
    EXPECT_EQ(take("acme-token", "acme-key", kOurs), 503);
  }
}

}  // namespace
}  // namespace kassaflow::ingress
