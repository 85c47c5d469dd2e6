#include "kassaflow/configuration/ownership.hpp"

#include <gtest/gtest.h>

namespace kassaflow::configuration {
namespace {

// Tenants a and b, each with a pool, a register in it and an installation.
Snapshot two_tenants() {
  Snapshot snapshot;
  for (const std::string tenant : {"a", "b"}) {
    auto pool = std::make_shared<Pool>();
    pool->id = PoolId(tenant + "-shop");
    pool->tenant = TenantId(tenant);
    snapshot.pools[pool->id] = pool;
    auto kkt = std::make_shared<Register>();
    kkt->settings.id = RegisterId(tenant + "-kkt");
    kkt->settings.identity = RegisterIdentity("itkassa:" + tenant);
    kkt->pool = pool->id;
    kkt->tenant = pool->tenant;
    snapshot.registers[kkt->settings.id] = kkt;
    auto installation = std::make_shared<Installation>();
    installation->id = InstallationId(tenant + "-main");
    installation->tenant = pool->tenant;
    snapshot.installations[installation->id] = installation;
  }
  snapshot.unknown_registers[RegisterId("b-other")] = PoolId("b-shop");
  return snapshot;
}

Named all_of(const std::string& tenant) {
  return {TenantId(tenant), InstallationId(tenant + "-main"), PoolId(tenant + "-shop"), RegisterId(tenant + "-kkt"),
          RegisterIdentity("itkassa:" + tenant)};
}

TEST(Contradiction, I5_OnesOwnThingsAreNone) {
  const auto snapshot = two_tenants();
  for (const std::string tenant : {"a", "b"}) EXPECT_EQ(contradiction(snapshot, all_of(tenant)), "");
  EXPECT_EQ(contradiction(snapshot, {TenantId("a")}), "") << "nothing is named";
}

TEST(Contradiction, I5_WhatIsAnothersIsNamed) {
  const auto snapshot = two_tenants();
  auto named = all_of("a");
  named.pool = PoolId("b-shop");
  EXPECT_EQ(contradiction(snapshot, named), "pool b-shop is of tenant b");
  named = all_of("a");
  named.installation = InstallationId("b-main");
  EXPECT_EQ(contradiction(snapshot, named), "installation b-main is of tenant b");
  named = all_of("a");
  named.register_id = RegisterId("b-kkt");
  EXPECT_EQ(contradiction(snapshot, named), "register b-kkt is of tenant b");
  named.register_id = RegisterId("b-other");
  EXPECT_EQ(contradiction(snapshot, named), "pool b-shop is of tenant b") << "of a protocol that is not spoken here";
  named = all_of("a");
  named.identity = RegisterIdentity("itkassa:b");
  EXPECT_EQ(contradiction(snapshot, named), "register a-kkt is another physical register");
  named = all_of("a");
  named.tenant = TenantId("c");
  EXPECT_EQ(contradiction(snapshot, named), "pool a-shop is of tenant a") << "a tenant that nobody knows has nothing";
}

TEST(Contradiction, I5_WhatIsNotKnownHereIsNone) {
  auto named = all_of("c");
  EXPECT_EQ(contradiction(two_tenants(), named), "");
  EXPECT_EQ(contradiction(Snapshot(), all_of("a")), "") << "no configuration yet";
  named = all_of("a");
  named.pool = PoolId("deleted");
  EXPECT_EQ(contradiction(two_tenants(), named), "");
}

}  // namespace
}  // namespace kassaflow::configuration
