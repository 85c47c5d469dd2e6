#include "plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cost.hpp"
#include "documents.hpp"

namespace kassaflow::registry {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class PlanTest : public testing::Test {
 protected:
  Plan run(const std::vector<v1::Document>& documents) { return plan(documents, world_, context_); }

  // Plans and carries out in memory what the store does in PostgreSQL.
  Plan apply(const std::vector<v1::Document>& documents) {
    Plan planned = run(documents);
    EXPECT_THAT(planned.errors, IsEmpty()) << (planned.errors.empty() ? "" : planned.errors[0].message());
    for (const Write& write : planned.writes) {
      std::erase_if(world_.claims,
                    [&](const auto& c) { return c.second == write.name && c.first.what != kSecretClaim; });
    }
    for (const Write& write : planned.writes) {
      world_.documents[write.name] = {.document = write.document, .tenant = write.tenant, .fixed = write.fixed};
      for (const Claim& claim : write.claims) world_.claims[claim] = write.name;
      world_.tombstones.erase(write.name);
    }
    return planned;
  }

  void remove(const Name& name) {
    world_.tombstones[name] = world_.documents.at(name).fixed;
    world_.documents.erase(name);
    std::erase_if(world_.claims, [&](const auto& c) { return c.second == name && c.first.what != kSecretClaim; });
  }

  void expect_refused(const std::vector<v1::Document>& documents, const std::string& key, const std::string& text) {
    const Plan planned = run(documents);
    ASSERT_THAT(planned.errors, SizeIs(1));
    EXPECT_EQ(planned.errors[0].key(), key);
    EXPECT_THAT(planned.errors[0].message(), HasSubstr(text));
  }

  World world_;
  const IdMaster id_master_ = IdMaster::parse(Secret(std::string(64, 'c'))).value();
  PlanContext context_{.id_master = id_master_, .new_secret = [] { return std::string("generated-secret"); }};
};

TEST_F(PlanTest, CreatesThenFindsEverythingUnchanged) {
  for (const auto& result : apply(test::everything()).results) EXPECT_EQ(result.action(), "created");
  const Plan again = run(test::everything());
  for (const auto& result : again.results) EXPECT_EQ(result.action(), "unchanged") << result.id();
  EXPECT_THAT(again.writes, IsEmpty());
}

TEST_F(PlanTest, OrderOfTheDocumentsDoesNotMatter) {
  auto documents = test::everything();
  std::ranges::reverse(documents);
  const Plan planned = apply(documents);
  EXPECT_EQ(planned.results.front().kind(), "cashbox");
  EXPECT_EQ(planned.results.back().kind(), "tenant");
}

TEST_F(PlanTest, ATestRegisterMayBecomeARealOneAndBack) {
  apply(test::everything());
  v1::Document changed = test::itkassa();
  for (const bool is_test : {true, false}) {
    changed.mutable_register_()->set_test(is_test);
    const Plan planned = apply({changed});
    EXPECT_EQ(planned.results[0].action(), "updated");
    EXPECT_EQ(planned.writes[0].changed_keys, "test");
    EXPECT_EQ(planned.writes[0].document.register_().test(), is_test);
  }
}

TEST_F(PlanTest, AChangedCredentialIsAnUpdateNamedButNotQuoted) {
  apply(test::everything());
  v1::Document changed = test::itkassa();
  changed.mutable_register_()->mutable_itkassa()->set_api_key("rotated-key");
  const Plan planned = run({changed});
  EXPECT_EQ(planned.results[0].action(), "updated");
  EXPECT_EQ(planned.writes[0].changed_keys, "itkassa.apiKey");
}

TEST_F(PlanTest, ASecretLeftOutIsMadeOnceAndKept) {
  const auto without_secret = test::installation("acme-main", "acme", "");
  const Plan first = apply({test::tenant(), without_secret});
  EXPECT_EQ(first.results[1].generated_secret(), "generated-secret");
  EXPECT_EQ(first.writes[1].document.installation().secret(), "generated-secret");
  const Plan second = run({without_secret});
  EXPECT_EQ(second.results[0].action(), "unchanged");
  EXPECT_EQ(second.results[0].generated_secret(), "");
}

TEST_F(PlanTest, TheSecretBeforeIsKnownForItsGraceAndTheOneBeforeThatNoLonger) {
  const auto with = [](const char* secret) { return test::installation("acme-main", "acme", secret); };
  const auto stored = [&] { return world_.documents.at({"installation", "acme-main"}).document.installation(); };
  context_.now_ms = 1000;
  context_.secret_grace = std::chrono::milliseconds(500);
  apply({test::tenant(), with("first-secret-of-acme-main")});
  EXPECT_EQ(stored().former_secret(), "");

  const Plan changed = apply({with("second-secret-of-acme-main")});
  EXPECT_EQ(changed.writes.at(0).changed_keys, "secret");
  EXPECT_EQ(stored().former_secret(), "first-secret-of-acme-main");
  EXPECT_EQ(stored().former_secret_until_ms(), "1500");

  // What leaves the secret as it is leaves its grace, too; and nobody but the registry sets it.
  context_.now_ms = 1200;
  auto other = with("");
  other.mutable_installation()->set_former_secret("secret-that-a-client-sets");
  other.mutable_installation()->set_former_secret_until_ms("999999");
  other.mutable_installation()->set_portal_webhook("https://moved.example.ru/rest/1/webhook-code/");
  EXPECT_EQ(apply({other}).results[0].action(), "updated");
  EXPECT_EQ(stored().secret(), "second-secret-of-acme-main");
  EXPECT_EQ(stored().former_secret(), "first-secret-of-acme-main");
  EXPECT_EQ(stored().former_secret_until_ms(), "1500");

  apply({with("third-secret-of-acme-main")});
  EXPECT_EQ(stored().former_secret(), "second-secret-of-acme-main");
  EXPECT_EQ(stored().former_secret_until_ms(), "1700");

  context_.secret_grace = {};
  apply({with("fourth-secret-of-acme-main")});
  EXPECT_EQ(stored().former_secret(), "");
}

TEST_F(PlanTest, TheCallbackKeyBeforeIsKnownForItsGrace) {
  const auto stored = [&] { return world_.documents.at({"register", "acme-kkt-1"}).document.register_(); };
  context_.now_ms = 1000;
  context_.secret_grace = std::chrono::milliseconds(500);
  apply(test::everything());
  EXPECT_EQ(stored().former_callback_key(), "");
  v1::Document changed = test::itkassa();
  changed.mutable_register_()->mutable_itkassa()->set_callback_key("callbackkey1");
  EXPECT_EQ(apply({changed}).writes.at(0).changed_keys, "itkassa.callbackKey");
  EXPECT_EQ(stored().former_callback_key(), "callbackkey0");
  EXPECT_EQ(stored().former_callback_until_ms(), "1500");

  context_.now_ms = 1200;
  changed.mutable_register_()->set_test(true);
  changed.mutable_register_()->set_former_callback_key("key-that-a-client-sets");
  apply({changed});
  EXPECT_EQ(stored().former_callback_key(), "callbackkey0");
  EXPECT_EQ(stored().former_callback_until_ms(), "1500");
}

TEST_F(PlanTest, DanglingReferencesNameWhatIsMissing) {
  expect_refused({test::pool("shop", "nobody")}, "tenant", "there is no tenant nobody");
  apply({test::tenant()});
  expect_refused({test::itkassa("kkt", "no-pool")}, "pool", "there is no pool no-pool");
}

TEST_F(PlanTest, ABrokenParentIsToldOnceNotAtEveryChild) {
  v1::Document broken = test::pool();
  broken.mutable_pool()->set_ffd(static_cast<v1::Ffd>(99));
  expect_refused({test::tenant(), broken, test::itkassa(), test::bit()}, "ffd", "1.05");
}

TEST_F(PlanTest, MissingKeysAndDanglingReferencesAreToldTogether) {
  v1::Document document = test::pool("shop", "nobody");
  document.mutable_pool()->clear_timezone();
  EXPECT_THAT(run({document}).errors, SizeIs(2));
}

TEST_F(PlanTest, TheSameDocumentTwiceIsRefused) {
  expect_refused({test::tenant(), test::tenant()}, "id", "declared twice");
}

TEST_F(PlanTest, NothingRefersToAnotherTenantsDocuments) {
  apply(test::everything());
  apply({test::tenant("other"), test::pool("other-shop", "other")});
  expect_refused({test::cashbox("spy", "acme-main", "box-9", "other-shop")}, "pool", "another tenant");
}

TEST_F(PlanTest, APhysicalRegisterIsOneOverAllTenants) {
  apply(test::everything());
  const std::vector<v1::Document> other = {test::tenant("other"), test::pool("other-shop", "other")};
  apply(other);
  expect_refused({test::itkassa("other-kkt", "other-shop")}, "itkassa.creItemId",
                 "same physical register as register/acme-kkt-1");
  expect_refused({test::bit("other-kkt", "other-shop", "0000000001047487", "another-token")}, "registrationNumber",
                 "same physical register");
  expect_refused({test::bit("other-kkt", "other-shop", "0000000009999999")}, "bit.kktToken",
                 "is the token of register/acme-kkt-2");
}

TEST_F(PlanTest, CapitalsDoNotMakeAnotherRegister) {
  apply({test::tenant(), test::pool(), test::itkassa("one", "acme-shop", "aaaaaaaa-2222-3333-4444-555555555555")});
  expect_refused({test::itkassa("two", "acme-shop", "AAAAAAAA-2222-3333-4444-555555555555")}, "itkassa.creItemId",
                 "register/one");
}

TEST_F(PlanTest, VirtualRegistersAndRealOnesStandInDifferentPools) {
  apply(test::everything());
  apply({test::pool("acme-trials"), test::virtual_register(), test::virtual_register("acme-trial-2")});
  expect_refused({test::virtual_register("acme-trial-3", "acme-shop")}, "pool", "name another pool");
  expect_refused({test::bit("acme-kkt-3", "acme-trials", "", "another-token")}, "pool", "name another pool");
  // Nor do both come into an empty pool at once.
  expect_refused({test::pool("acme-new"), test::virtual_register("acme-trial-3", "acme-new"),
                  test::bit("acme-kkt-3", "acme-new", "", "another-token")},
                 "pool", "register/acme-trial-3");
}

TEST_F(PlanTest, ARegisterDeletedAtOneTenantMayServeAnother) {
  apply(test::everything());
  remove({"register", "acme-kkt-1"});
  apply({test::tenant("other"), test::pool("other-shop", "other"), test::itkassa("other-kkt", "other-shop")});
}

TEST_F(PlanTest, SecretsAreUniqueAlsoAmongThoseOfThePast) {
  apply({test::tenant(), test::tenant("other"), test::installation("acme-main", "acme", "first-secret-of-acme-main")});
  apply({test::installation("acme-main", "acme", "second-secret-of-acme-main")});
  for (const char* taken : {"first-secret-of-acme-main", "second-secret-of-acme-main"}) {
    expect_refused({test::installation("other-main", "other", taken)}, "secret", "another installation");
  }
  remove({"installation", "acme-main"});
  expect_refused({test::installation("other-main", "other", "second-secret-of-acme-main")}, "secret",
                 "another installation");
  apply({test::installation("acme-main", "acme", "first-secret-of-acme-main")});
}

TEST_F(PlanTest, CashboxNumbersAreUniqueWithinAnInstallation) {
  apply(test::everything());
  expect_refused({test::cashbox("box-b")}, "number", "cashbox/acme-box-1");
  apply(
      {test::installation("acme-second", "acme", "the-secret-of-acme-second"), test::cashbox("box-b", "acme-second")});
}

TEST_F(PlanTest, CashboxesMaySwapNumbersInOneRequest) {
  apply(test::everything());
  apply({test::cashbox("acme-box-2", "acme-main", "box-2")});
  apply({test::cashbox("acme-box-1", "acme-main", "box-2"), test::cashbox("acme-box-2", "acme-main", "box-1")});
}

TEST_F(PlanTest, WhatIsFixedNeverChanges) {
  apply(test::everything());
  apply({test::tenant("other"), test::installation("acme-second", "acme", "the-secret-of-acme-second")});
  v1::Document other_inn = test::pool();
  other_inn.mutable_pool()->set_inn("5400000000");
  v1::Document foreign_pool = test::pool("foreign");
  foreign_pool.mutable_pool()->set_inn("5400000000");
  apply({foreign_pool});

  expect_refused({test::pool("acme-shop", "other")}, "tenant", "tenant acme for ever");
  expect_refused({other_inn}, "inn", "7701234567 for ever");
  expect_refused({test::itkassa("acme-kkt-1", "acme-shop", "99999999-2222-3333-4444-555555555555")},
                 "itkassa.creItemId", "for ever");
  expect_refused({test::bit("acme-kkt-2", "acme-shop", "0000000009999999")}, "registrationNumber", "for ever");
  expect_refused({test::bit("acme-kkt-2", "foreign")}, "pool", "inn 7701234567 for ever");
  expect_refused({test::installation("acme-main", "other")}, "tenant", "for ever");
  expect_refused({test::cashbox("acme-box-1", "acme-second")}, "installation", "for ever");
}

// exactly-once.md 9: its deletion is refused while something on it is unsettled.
TEST_F(PlanTest, Rule9_ARegisterMovesOnlyByBeingDeletedAndAppliedAgain) {
  apply(test::everything());
  apply({test::pool("acme-second")});
  expect_refused({test::itkassa("acme-kkt-1", "acme-second")}, "pool", "delete it and apply it again");
  v1::Document elsewhere = test::itkassa();
  elsewhere.mutable_register_()->set_endpoint("https://other.example.ru/open/api/v1");
  expect_refused({elsewhere}, "endpoint", "delete it and apply it again");
  remove({"register", "acme-kkt-1"});
  EXPECT_EQ(apply({test::itkassa("acme-kkt-1", "acme-second")}).results[0].action(), "created");
}

TEST_F(PlanTest, ADeletedIdComesBackOnlyAsWhatItWas) {
  apply({test::tenant(), test::tenant("other"), test::installation()});
  remove({"installation", "acme-main"});
  expect_refused({test::installation("acme-main", "other", "brand-new-secret-of-acme")}, "tenant",
                 "deleted with tenant acme");
  EXPECT_EQ(apply({test::installation("acme-main", "acme", "brand-new-secret-of-acme")}).results[0].action(),
            "created");
}

TEST_F(PlanTest, CallersCannotSetWhatTheRegistryAdds) {
  apply({test::tenant(), test::pool()});
  v1::Document forged = test::itkassa();
  forged.mutable_register_()->set_tenant("other");
  forged.mutable_register_()->set_callback_token("forged");
  const v1::Register written = apply({forged}).writes[0].document.register_();
  EXPECT_EQ(written.tenant(), "acme");
  EXPECT_EQ(written.callback_token(), "");
}

TEST_F(PlanTest, DevicesAndOthersStandInDifferentPools) {
  apply({test::tenant(), test::pool("acme-trials"), test::virtual_register()});
  expect_refused({test::bit("acme-kkt-2", "acme-trials")}, "pool", "holds register/acme-trial of protocol virtual");
  EXPECT_EQ(apply({test::virtual_register("acme-trial-2")}).results[0].action(), "created");
  apply({test::pool("acme-second")});
  expect_refused({test::virtual_register("acme-trial-3", "acme-second"), test::bit("acme-kkt-3", "acme-second")},
                 "pool", "holds register/acme-trial-3 of protocol virtual");
}

TEST_F(PlanTest, CostsNoMoreThanItsDocuments) {
  if (cost::kSanitized) GTEST_SKIP() << "a sanitizer's own work is not in proportion";
  apply({test::tenant(), test::pool()});
  std::vector<v1::Document> registers;
  for (int i = 0; i < 2000; ++i) {
    const std::string number = std::to_string(1'000'000 + i);
    registers.push_back(test::bit("kkt-" + number, "acme-shop", std::string(16 - number.size(), '0') + number, number));
  }
  const auto blanks = [](std::size_t count) { return std::string(count, ' '); };  // one stands for a document
  EXPECT_TRUE(cost::in_proportion(
      blanks, [&](std::string_view some) { (void)run({registers.begin(), registers.begin() + some.size()}); },
      registers.size()));
}

TEST(Fixed, TextComesBackAsItWas) {
  const Fixed fixed = {{"tenant", "acme"}, {"identity", "bit:=x"}};
  EXPECT_EQ(fixed_from_text(fixed_to_text(fixed)), fixed);
  EXPECT_THAT(fixed_from_text(""), IsEmpty());
}

}  // namespace
}  // namespace kassaflow::registry
