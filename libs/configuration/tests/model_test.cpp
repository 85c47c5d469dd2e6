#include "src/model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kassaflow/registers/protocol.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::configuration {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void add_pool(v1::WatchEvent& event, const std::string& id, const std::string& timezone = "Europe/Moscow") {
  v1::Pool& pool = *event.add_upserts()->mutable_pool();
  pool.set_id(id);
  pool.set_tenant("acme");
  pool.set_inn("7701234567");
  pool.set_taxation(v1::TAXATION_OSN);
  pool.set_ffd(v1::FFD_1_05);
  pool.set_timezone(timezone);
}

void add_register(v1::WatchEvent& event, const std::string& id, const std::string& pool,
                  const std::string& token = "") {
  v1::Register& entry = *event.add_upserts()->mutable_register_();
  entry.set_id(id);
  entry.set_pool(pool);
  entry.set_tenant("acme");
  entry.mutable_itkassa()->set_cre_item_id(id + "-item");
  entry.set_callback_token(token);
}

void add_installation(v1::WatchEvent& event, const std::string& id, const std::string& secret) {
  v1::Installation& entry = *event.add_upserts()->mutable_installation();
  entry.set_id(id);
  entry.set_tenant("acme");
  entry.set_secret(secret);
  entry.set_marked_without_code(v1::MARKED_WITHOUT_CODE_REFUSE);
  (*entry.mutable_vat())[3] = "22";
}

void add_cashbox(v1::WatchEvent& event, const std::string& id, const std::string& installation,
                 const std::string& number) {
  v1::Cashbox& entry = *event.add_upserts()->mutable_cashbox();
  entry.set_id(id);
  entry.set_installation(installation);
  entry.set_number(number);
  entry.set_pool("shop");
  (*entry.mutable_required_params())["AUTH.LOGIN"] = "login";
}

v1::WatchEvent whole() {
  v1::WatchEvent event;
  add_pool(event, "shop");
  add_register(event, "kkt-1", "shop", "token");
  add_register(event, "kkt-2", "shop", "token");
  add_installation(event, "main", "s3cret");
  add_cashbox(event, "box-a", "main", "1");
  return event;
}

TEST(Model, IndexesASnapshotTheWaysServicesAsk) {
  Model model;
  EXPECT_THAT(model.apply(whole()), IsEmpty());
  const auto snapshot = model.build(7);
  EXPECT_EQ(snapshot->revision, 7u);
  EXPECT_EQ(snapshot->pools.at(PoolId("shop"))->till.inn, "7701234567");
  EXPECT_THAT(snapshot->registers_by_pool.at(PoolId("shop")), SizeIs(2));
  EXPECT_THAT(snapshot->registers_by_callback_token.at("token"), SizeIs(2));
  EXPECT_EQ(snapshot->registers.at(RegisterId("kkt-1"))->settings.timezone, "Europe/Moscow");
  const Installation& installation = *snapshot->installations_by_secret.at("s3cret");
  EXPECT_EQ(installation.vat.at(3), fiscal::Vat::vat_22);
  EXPECT_TRUE(installation.cashboxes_by_number.at("1").required_params.at("AUTH.LOGIN").matches("login"));
}

TEST(Model, FindsAnInstallationByItsFormerSecretUntilItsTimeIsOver) {
  Model model;
  auto event = whole();
  auto& changed = *event.mutable_upserts(3)->mutable_installation();
  changed.set_former_secret("former");
  changed.set_former_secret_until_ms("1700000000000");
  add_installation(event, "odd", "odd-s3cret");
  auto& odd = *event.mutable_upserts(event.upserts_size() - 1)->mutable_installation();
  odd.set_former_secret("odd-former");
  odd.set_former_secret_until_ms("tomorrow");  // of another version: over
  EXPECT_THAT(model.apply(event), IsEmpty());
  const auto snapshot = model.build(1);
  const auto* main = snapshot->installations.at(InstallationId("main")).get();
  EXPECT_EQ(snapshot->installation_of("s3cret", 1700000000000), main);
  EXPECT_EQ(snapshot->installation_of("former", 1699999999999), main);
  for (const char* secret : {"former", "odd-former", "nobody", ""})
    EXPECT_EQ(snapshot->installation_of(secret, 1700000000000), nullptr) << secret;

  v1::WatchEvent again;
  add_installation(again, "main", "s3cret");
  model.apply(again);
  EXPECT_EQ(model.build(2)->installation_of("former", 1699999999999), nullptr);
}

TEST(Model, FindsRegistersByTheirFormerCallbackToken) {
  Model model;
  v1::WatchEvent event;
  add_pool(event, "shop");
  add_register(event, "kkt-1", "shop", "token");
  auto& changed = *event.mutable_upserts(1)->mutable_register_();
  changed.mutable_itkassa()->set_callback_key("key");
  changed.set_former_callback_token("former");
  changed.set_former_callback_key("key-before");
  changed.set_former_callback_until_ms("1700000000000");
  EXPECT_THAT(model.apply(event), IsEmpty());
  const auto snapshot = model.build(1);
  const auto& found = snapshot->registers_by_callback_token.at("former").at(0);
  EXPECT_EQ(found, snapshot->registers_by_callback_token.at("token").at(0));
  EXPECT_EQ(found->former_callbacks.until_ms, 1700000000000);
  const auto& callbacks = *found->settings.protocol->callbacks();
  const auto header = [](std::string_view name) { return std::string_view(name == "X-Api-Key" ? "key-before" : ""); };
  EXPECT_TRUE(callbacks.authentic(*found->former_callbacks.own, header));
  EXPECT_FALSE(callbacks.authentic(*found->settings.own, header));
}

TEST(Model, AChangeSharesEverythingItDoesNotTouch) {
  Model model;
  model.apply(whole());
  const auto before = model.build(1);
  v1::WatchEvent change;
  add_register(change, "kkt-2", "shop", "other");
  model.apply(change);
  const auto after = model.build(2);
  EXPECT_EQ(before->registers.at(RegisterId("kkt-1")), after->registers.at(RegisterId("kkt-1")));
  EXPECT_EQ(before->installations.at(InstallationId("main")), after->installations.at(InstallationId("main")));
  EXPECT_NE(before->registers.at(RegisterId("kkt-2")), after->registers.at(RegisterId("kkt-2")));
  EXPECT_TRUE(before->registers.at(RegisterId("kkt-2"))->callback_token.matches("token"));
  EXPECT_THAT(after->registers_by_callback_token.at("other"), SizeIs(1));
  EXPECT_EQ(after->registers.at(RegisterId("kkt-2"))->settings.timezone, "Europe/Moscow");
}

TEST(Model, RegistersFollowTheClockOfTheirPool) {
  Model model;
  v1::WatchEvent registers_first;
  add_register(registers_first, "kkt-1", "shop");
  add_pool(registers_first, "shop");
  model.apply(registers_first);
  EXPECT_EQ(model.build(1)->registers.at(RegisterId("kkt-1"))->settings.timezone, "Europe/Moscow");
  v1::WatchEvent moved;
  add_pool(moved, "shop", "Asia/Omsk");
  model.apply(moved);
  EXPECT_EQ(model.build(2)->registers.at(RegisterId("kkt-1"))->settings.timezone, "Asia/Omsk");
}

TEST(Model, ATestRegisterIsOneThatSaysSo) {
  Model model;
  v1::WatchEvent event = whole();
  event.mutable_upserts(1)->mutable_register_()->set_test(true);
  model.apply(event);
  const auto snapshot = model.build(1);
  EXPECT_TRUE(snapshot->registers.at(RegisterId("kkt-1"))->settings.test);
  EXPECT_FALSE(snapshot->registers.at(RegisterId("kkt-2"))->settings.test);
}

TEST(Model, ASecretThatWasReplacedFindsNothing) {
  Model model;
  model.apply(whole());
  v1::WatchEvent rotated;
  add_installation(rotated, "main", "fresh");
  model.apply(rotated);
  const auto snapshot = model.build(2);
  EXPECT_FALSE(snapshot->installations_by_secret.contains("s3cret"));
  EXPECT_THAT(snapshot->installations_by_secret.at("fresh")->cashboxes_by_number, SizeIs(1));
}

TEST(Model, CashboxesMaySwapTheirNumbersInOneChange) {
  Model model;
  v1::WatchEvent event = whole();
  add_cashbox(event, "box-b", "main", "2");
  model.apply(event);
  v1::WatchEvent swapped;
  add_cashbox(swapped, "box-a", "main", "2");
  add_cashbox(swapped, "box-b", "main", "1");
  model.apply(swapped);
  const auto& cashboxes = model.build(2)->installations.at(InstallationId("main"))->cashboxes_by_number;
  EXPECT_EQ(cashboxes.at("1").id.str(), "box-b");
  EXPECT_EQ(cashboxes.at("2").id.str(), "box-a");
}

TEST(Model, DeletedDocumentsDisappearFromEveryIndex) {
  Model model;
  model.apply(whole());
  v1::WatchEvent deletes;
  for (const char* name : {"cashbox/box-a", "register/kkt-2"}) deletes.add_deletes(name);
  model.apply(deletes);
  auto snapshot = model.build(2);
  EXPECT_THAT(snapshot->installations.at(InstallationId("main"))->cashboxes_by_number, IsEmpty());
  EXPECT_THAT(snapshot->registers_by_pool.at(PoolId("shop")), SizeIs(1));
  v1::WatchEvent rest;
  for (const char* name : {"register/kkt-1", "pool/shop", "installation/main"}) rest.add_deletes(name);
  model.apply(rest);
  snapshot = model.build(3);
  EXPECT_THAT(snapshot->pools, IsEmpty());
  EXPECT_THAT(snapshot->installations_by_secret, IsEmpty());
  EXPECT_THAT(snapshot->registers_by_callback_token, IsEmpty());
}

TEST(Model, WhatThisProgramCannotUnderstandIsNamedAndLeftOut) {
  Model model;
  v1::WatchEvent event;
  add_pool(event, "shop");
  event.mutable_upserts(0)->mutable_pool()->set_taxation(static_cast<v1::Taxation>(99));
  EXPECT_THAT(model.apply(event), ElementsAre(HasSubstr("pool shop")));
  EXPECT_THAT(model.build(1)->pools, IsEmpty());
}

// What a registry of an older build has stored says nothing of these any more.
TEST(Model, WhatIsNotSaidIsNotGuessed) {
  Model model;
  v1::WatchEvent event = whole();
  event.mutable_upserts(0)->mutable_pool()->clear_ffd();
  event.mutable_upserts(3)->mutable_installation()->clear_marked_without_code();
  EXPECT_THAT(model.apply(event), ElementsAre(HasSubstr("pool shop"), HasSubstr("installation main")));
  const auto snapshot = model.build(1);
  EXPECT_THAT(snapshot->pools, IsEmpty());
  EXPECT_THAT(snapshot->installations, IsEmpty());
}

// It is not forgotten either: another version prints on it.
TEST(Model, ARegisterOfAnUnknownProtocolIsNamedAndNotGuessed) {
  Model model;
  v1::WatchEvent event = whole();
  event.mutable_upserts(1)->mutable_register_()->clear_protocol();
  EXPECT_THAT(model.apply(event), ElementsAre(testing::AllOf(HasSubstr("kkt-1"), HasSubstr("protocol"))));
  auto snapshot = model.build(1);
  EXPECT_FALSE(snapshot->registers.contains(RegisterId("kkt-1")));
  EXPECT_EQ(snapshot->unknown_registers.at(RegisterId("kkt-1")).str(), "shop");
  EXPECT_THAT(snapshot->registers_by_pool.at(PoolId("shop")), SizeIs(1));
  v1::WatchEvent deleted;
  deleted.add_deletes("register/kkt-1");
  model.apply(deleted);
  EXPECT_THAT(model.build(2)->unknown_registers, IsEmpty());
}

}  // namespace
}  // namespace kassaflow::configuration
