// What holds for every protocol of the list, and what each says of its documents.

#include "kassaflow/registers/protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "kassaflow/async/clock.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/registers/driver.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::registers {
namespace {

using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

v1::Register itkassa_document() {
  v1::Register document;
  document.set_id("kkt-1");
  document.mutable_itkassa()->set_cre_item_id("AAAAAAAA-2222-3333-4444-555555555555");
  document.mutable_itkassa()->set_api_key("api-key");
  document.mutable_itkassa()->set_callback_key("callbackkey0");
  return document;
}

v1::Register bit_document() {
  v1::Register document;
  document.set_id("kkt-2");
  document.mutable_bit()->set_kkt_token("0123456789abcdef0123456789abcdef");
  document.mutable_bit()->set_deduplication(v1::DEDUPLICATION_ASSUMED_NONE);
  return document;
}

v1::Register empty_document(const Protocol& protocol) {
  v1::Register document;
  const auto* field = v1::Register::descriptor()->FindFieldByName(std::string(protocol.name()));
  v1::Register::GetReflection()->MutableMessage(&document, field);
  return document;
}

std::string identity_of(const v1::Register& document) { return find_protocol(document)->identity(document).value; }

TEST(Protocols, EachIsFoundByItsNameAndHasAPlaceInTheDocument) {
  std::set<std::string_view> names;
  for (const Protocol* protocol : protocols()) {
    EXPECT_TRUE(names.insert(protocol->name()).second) << protocol->name();
    EXPECT_EQ(find_protocol(protocol->name()), protocol);
    const auto* field = v1::Register::descriptor()->FindFieldByName(std::string(protocol->name()));
    ASSERT_NE(field, nullptr) << protocol->name();
    ASSERT_NE(field->real_containing_oneof(), nullptr) << protocol->name();
    EXPECT_EQ(field->real_containing_oneof()->name(), "protocol");
  }
  const auto* choice = v1::Register::descriptor()->FindOneofByName("protocol");
  for (int i = 0; i < choice->field_count(); ++i) EXPECT_TRUE(names.contains(choice->field(i)->json_name()));
  EXPECT_EQ(find_protocol("fax"), nullptr);
  EXPECT_EQ(find_protocol(""), nullptr);
}

TEST(Protocols, TheirSettingsHaveNamesOfTheirOwnAndStandardsWithinBounds) {
  std::size_t count = 0;
  for (const Protocol* protocol : protocols()) {
    for (const auto& setting : protocol->duration_settings()) {
      ++count;
      EXPECT_LE(setting.least, setting.standard) << setting.name;
      EXPECT_LE(setting.standard, setting.longest) << setting.name;
    }
  }
  EXPECT_THAT(standard_durations(), SizeIs(count));
}

TEST(Protocols, EachMakesTheDriverOfAnEmptyDocument) {
  http::Network network({});
  for (const Protocol* protocol : protocols()) {
    const v1::Register document = empty_document(*protocol);
    const auto settings = read_settings(document);
    ASSERT_TRUE(settings) << protocol->name();
    EXPECT_NE(protocol->make_driver(*settings, standard_durations(), network, async::machine_clock()), nullptr);
    EXPECT_GT(protocol->timers(standard_durations()).longest_answer.count(), 0) << protocol->name();
  }
}

// A register that cannot be asked is settled by its numbering, and the rest before that is what rule 6 stands on; one
// that can be asked must not be asked without a pause.
TEST(Protocols, Rule6_WhatCannotBeAskedRests) {
  http::Network network({});
  for (const Protocol* protocol : protocols()) {
    const v1::Register document = empty_document(*protocol);
    const auto driver =
        protocol->make_driver(read_settings(document).value(), standard_durations(), network, async::machine_clock());
    const Timers timers = protocol->timers(standard_durations());
    if (driver->capabilities().query_by_key) {
      EXPECT_GT(timers.poll.count(), 0) << protocol->name();
      EXPECT_GT(timers.first_question.count(), 0) << protocol->name();
    } else {
      EXPECT_GT(timers.quiet, timers.longest_answer) << protocol->name();
    }
  }
}

TEST(Protocols, AnUnknownOneIsNamedAndNotGuessed) {
  v1::Register document = bit_document();
  document.clear_protocol();
  const auto settings = read_settings(document);
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().code, kUnknownProtocol);
  EXPECT_NE(settings.error().message.find("kkt-2"), std::string::npos);
}

TEST(Identity, IsTheCloudsIdInWhateverLetters) {
  EXPECT_EQ(identity_of(itkassa_document()), "itkassa:aaaaaaaa-2222-3333-4444-555555555555");
}

TEST(Identity, OfABitDriverIsItsNumberOrItsToken) {
  v1::Register document = bit_document();
  const std::string by_token = identity_of(document);
  EXPECT_THAT(by_token, StartsWith("bit:token:"));
  EXPECT_EQ(by_token.find("0123456789abcdef0123456789abcdef"), std::string::npos);
  EXPECT_EQ(by_token, identity_of(document));
  document.set_registration_number("0000000001047487");
  EXPECT_EQ(identity_of(document), "bit:0000000001047487");
}

// All registers that lack what tells them apart would be one.
TEST(Identity, IsEmptyWhenTheDocumentLacksWhatItIsMadeOf) {
  for (const Protocol* protocol : protocols()) {
    EXPECT_THAT(protocol->identity({}).value, IsEmpty()) << protocol->name();
  }
}

TEST(Claims, ATokenBelongsToOneRegister) {
  const auto claims = find_protocol("bit")->further_claims(bit_document());
  ASSERT_THAT(claims, SizeIs(1));
  EXPECT_EQ(claims[0].what, "bit-token");
  EXPECT_EQ(claims[0].key, "bit.kktToken");
  EXPECT_EQ("bit:token:" + claims[0].value, identity_of(bit_document()));
  EXPECT_THAT(find_protocol("itkassa")->further_claims(itkassa_document()), IsEmpty());
}

TEST(AttemptKey, HasTheFormOfItsProtocol) {
  const std::string receipt = "11111111-2222-8333-8444-555555555555";
  EXPECT_THAT(find_protocol("itkassa")->attempt_key(receipt, 1), SizeIs(36));
  EXPECT_THAT(find_protocol("bit")->attempt_key(receipt, 1), testing::MatchesRegex("[0-9]{15}"));
  for (const Protocol* protocol : protocols()) {
    EXPECT_EQ(protocol->attempt_key(receipt, 1), protocol->attempt_key(receipt, 1));
    EXPECT_NE(protocol->attempt_key(receipt, 1), protocol->attempt_key(receipt, 2));
    EXPECT_NE(protocol->attempt_key("shift/kkt-1/1", 1), protocol->attempt_key("shift/kkt-1/2", 1));
  }
}

class ItkassaCallbacks : public testing::Test {
 protected:
  static bool authentic(const v1::Register& document, const std::string& key, const std::string& organization = "") {
    const Protocol& protocol = *find_protocol("itkassa");
    return protocol.callbacks()->authentic(*protocol.read(document), [&](std::string_view name) -> std::string_view {
      return name == "X-Api-Key" ? key : name == "X-Organization-Id" ? organization : std::string_view();
    });
  }
};

TEST_F(ItkassaCallbacks, KnowTheRegistersKey) {
  EXPECT_TRUE(authentic(itkassa_document(), "callbackkey0"));
  EXPECT_FALSE(authentic(itkassa_document(), "other"));
  v1::Register without = itkassa_document();
  without.mutable_itkassa()->clear_callback_key();
  EXPECT_FALSE(authentic(without, ""));
}

TEST_F(ItkassaCallbacks, NameTheRegisterByItsIdentity) {
  const Callbacks& callbacks = *find_protocol("itkassa")->callbacks();
  const auto identity = [&](std::string_view body) { return callbacks.named_in(body).value().identity; };
  EXPECT_EQ(identity(R"({"creItemId":"AAAAAAAA-2222-3333-4444-555555555555"})"),
            RegisterIdentity(identity_of(itkassa_document())));
  EXPECT_EQ(identity("{}"), RegisterIdentity());
  EXPECT_EQ(identity(R"({"creItemId":7})"), RegisterIdentity());
}

TEST_F(ItkassaCallbacks, NameTheAttemptByKeyOrId) {
  const Callbacks& callbacks = *find_protocol("itkassa")->callbacks();
  const auto named = callbacks.named_in(R"({"id":"AB-1","idempKey":"key"})");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->key, "key");
  EXPECT_EQ(named->remote_id, "AB-1");
  EXPECT_EQ(callbacks.named_in("{}").value().key + callbacks.named_in("{}").value().remote_id, "");
  EXPECT_FALSE(callbacks.named_in("[1]"));
}

}  // namespace
}  // namespace kassaflow::registers
