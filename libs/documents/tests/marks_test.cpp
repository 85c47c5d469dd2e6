#include "kassaflow/documents/marks.hpp"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>

#include "unmarked.pb.h"

namespace kassaflow::documents {
namespace {

using google::protobuf::util::MessageDifferencer;
using testing::ElementsAre;
using testing::IsEmpty;

test::Part part() {
  test::Part part;
  part.set_open("open");
  part.set_secret("secret");
  part.set_unmarked("unmarked");
  return part;
}

test::Whole whole() {
  test::Whole whole;
  whole.set_open("open");
  whole.set_unmarked("unmarked");
  *whole.mutable_part() = part();
  *whole.mutable_unmarked_part() = part();
  *whole.add_parts() = part();
  (*whole.mutable_unmarked_map())["name"] = "unmarked";
  (*whole.mutable_secrets())["name"] = "secret";
  whole.set_nobody("nobody");
  return whole;
}

TEST(Marks, AFieldWithoutAMarkIsSentToNobody) {
  test::Whole message = whole();
  keep_sent_to(v1::SERVICE_STATUS, message);
  test::Whole expected;
  expected.set_open("open");
  for (test::Part* sent : {expected.mutable_part(), expected.add_parts()}) {
    sent->set_open("open");
    sent->set_secret("secret");
  }
  (*expected.mutable_secrets())["name"] = "secret";
  EXPECT_TRUE(MessageDifferencer::Equals(message, expected)) << message.DebugString();
}

TEST(Marks, AServiceThatIsNotNamedIsSentNothing) {
  for (const v1::Service service : {v1::SERVICE_INGRESS, v1::SERVICE_UNSPECIFIED, static_cast<v1::Service>(99)}) {
    test::Whole message = whole();
    keep_sent_to(service, message);
    EXPECT_EQ(message.ByteSizeLong(), 0u) << message.DebugString();
  }
}

TEST(Marks, AFieldWithoutAMarkIsACredential) {
  test::Whole message = whole();
  drop_credentials(message);
  test::Whole expected;
  expected.set_open("open");
  expected.set_nobody("nobody");
  expected.mutable_part()->set_open("open");
  expected.add_parts()->set_open("open");
  (*expected.mutable_secrets())["name"] = "";
  EXPECT_TRUE(MessageDifferencer::Equals(message, expected)) << message.DebugString();
}

TEST(Marks, CredentialsMergedIntoTheRestGiveTheWhole) {
  test::Whole given = whole();
  given.clear_parts();  // merging appends to what is repeated
  test::Whole open = given;
  test::Whole secrets = given;
  drop_credentials(open);
  keep_credentials(secrets);
  EXPECT_TRUE(secrets.open().empty());
  EXPECT_TRUE(secrets.part().open().empty());
  open.MergeFrom(secrets);
  EXPECT_TRUE(MessageDifferencer::Equals(open, given)) << open.DebugString();
}

// A newer program's message, read by an older one: what that does not know goes nowhere, however deep it lies.
TEST(Marks, AFieldThisProgramDoesNotKnowGoesNowhere) {
  for (const std::function<void(test::OlderWhole&)>& walk :
       {std::function([](test::OlderWhole& message) { keep_sent_to(v1::SERVICE_STATUS, message); }),
        std::function([](test::OlderWhole& message) { drop_credentials(message); }),
        std::function([](test::OlderWhole& message) { keep_credentials(message); })}) {
    test::OlderWhole message;
    ASSERT_TRUE(message.ParseFromString(whole().SerializeAsString()));
    ASSERT_TRUE(has_unknown_fields(message));
    walk(message);
    EXPECT_FALSE(has_unknown_fields(message));
    EXPECT_THAT(message.SerializeAsString(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(Marks, UnknownFieldsAreFoundHoweverDeepTheyLie) {
  test::Whole given;
  *given.mutable_part() = part();
  test::OlderWhole message;
  ASSERT_TRUE(message.ParseFromString(given.SerializeAsString()));
  EXPECT_TRUE(has_unknown_fields(message));
  EXPECT_FALSE(has_unknown_fields(whole()));
}

void unmarked_fields(const google::protobuf::Descriptor& type, std::vector<std::string>& names) {
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    if (!field.options().HasExtension(v1::mark)) names.push_back(field.full_name());
    if (field.message_type() != nullptr && !field.is_map()) unmarked_fields(*field.message_type(), names);
  }
}

TEST(Marks, EveryFieldOfTheConfigurationCarriesOne) {
  std::vector<std::string> names;
  unmarked_fields(*v1::Document::descriptor(), names);
  EXPECT_THAT(names, IsEmpty()) << "decide who is sent it and whether it is a credential";
}

}  // namespace
}  // namespace kassaflow::documents
