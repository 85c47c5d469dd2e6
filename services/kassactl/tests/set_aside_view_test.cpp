#include "set_aside_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kassaflow::kassactl {
namespace {

using testing::HasSubstr;

v1::SetAsideRecord record(const char* topic, const char* receipt) {
  v1::SetAsideRecord record;
  record.mutable_place()->set_at_us(1780300800000000);
  record.mutable_place()->set_topic(topic);
  record.mutable_place()->set_partition(3);
  record.mutable_place()->set_offset(42);
  record.set_why("foreign");
  record.set_detail("of tenant acme\x1b[2J");
  record.set_key("shop");
  record.set_bytes(120);
  record.set_receipt_id(receipt);
  return record;
}

TEST(SetAsideView, SaysWhatIsToBeDoneAboutEach) {
  constexpr const char* kReceipt = "0190a6f2-1111-8222-8333-444444444444";
  EXPECT_THAT(to_do("fiscalizer", record("kassaflow.receipts", kReceipt)), HasSubstr("receipts retry 0190a6f2"));
  EXPECT_THAT(to_do("fiscalizer", record("kassaflow.receipts", "")), HasSubstr("who wrote it"));
  EXPECT_THAT(to_do("fiscalizer", record("kassaflow.callbacks", "")), HasSubstr("who wrote it"));
  EXPECT_THAT(to_do("status", record("kassaflow.receipts", "")), HasSubstr("nothing"));
  EXPECT_THAT(to_do("status", record("kassaflow.outcomes", "")), HasSubstr("fiscalizer republish"));
}

TEST(SetAsideView, TextsFromOutsideAreMadeVisible) {
  const std::vector<SetAside> all = {{"fiscalizer", {record("kassaflow.receipts", "")}}};
  const auto text = to_text(set_aside_table(all));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("2026-06-01T08:00:00Z"));
  const auto object = set_aside_objects(all).at(0);
  EXPECT_EQ(object.at("offset"), 42);
  EXPECT_EQ(object.at("at"), "2026-06-01T08:00:00Z");
  EXPECT_EQ(to_json(object).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace kassaflow::kassactl
