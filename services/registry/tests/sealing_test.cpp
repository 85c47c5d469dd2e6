#include "sealing.hpp"

#include <gtest/gtest.h>

namespace kassaflow::registry {
namespace {

const std::string kHexA(64, 'a');
const std::string kHexB(64, 'b');

Keyring ring(const std::string& file) { return Keyring::parse(Secret(file)).value(); }
IdMaster id_master(const std::string& file) { return IdMaster::parse(Secret(file)).value(); }

TEST(Keyring, ReadsHexAndBase64AndRefusesTheRest) {
  EXPECT_TRUE(Keyring::parse(Secret(kHexA + "\n")).has_value());
  EXPECT_TRUE(Keyring::parse(Secret("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=")).has_value());
  EXPECT_FALSE(Keyring::parse(Secret("")).has_value());
  EXPECT_FALSE(Keyring::parse(Secret(std::string(62, 'a'))).has_value());
  EXPECT_FALSE(Keyring::parse(Secret(std::string(66, 'a'))).has_value());
  const auto refused = Keyring::parse(Secret("not-a-key"));
  EXPECT_EQ(refused.error().message.find("not-a-key"), std::string::npos);
}

TEST(Keyring, HexAndBase64OfTheSameKeyOpenEachOther) {
  const std::string sealed = ring(kHexA).seal("register/a", "secret");
  EXPECT_EQ(ring("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=").open("register/a", sealed).value(), "secret");
}

TEST(Keyring, SealedTextIsDifferentEachTimeAndShowsNothing) {
  const Keyring keys = ring(kHexA);
  const std::string first = keys.seal("register/a", "api-key-value");
  EXPECT_NE(first, keys.seal("register/a", "api-key-value"));
  EXPECT_EQ(first.find("api-key-value"), std::string::npos);
  EXPECT_EQ(keys.open("register/a", first).value(), "api-key-value");
}

TEST(Keyring, EveryChangedByteIsNoticed) {
  const Keyring keys = ring(kHexA);
  const std::string sealed = keys.seal("register/a", "api-key-value");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string tampered = sealed;
    tampered[i] = static_cast<char>(tampered[i] ^ 1);
    EXPECT_FALSE(keys.open("register/a", tampered).has_value()) << "byte " << i;
    EXPECT_FALSE(keys.open("register/a", sealed.substr(0, i)).has_value()) << "cut at " << i;
  }
}

TEST(Keyring, ASealedValueDoesNotOpenInAnotherPlace) {
  const Keyring keys = ring(kHexA);
  EXPECT_EQ(keys.open("register/b", keys.seal("register/a", "x")).error().code, kSealedTampered);
}

TEST(Keyring, RotationOpensTheOldAndSealsWithTheNew) {
  const std::string old = ring(kHexA).seal("register/a", "x");
  const Keyring rotated = ring(kHexB + "\n" + kHexA + "\n");
  EXPECT_EQ(rotated.open("register/a", old).value(), "x");
  EXPECT_FALSE(rotated.sealed_with_current(old));
  const std::string fresh = rotated.seal("register/a", "x");
  EXPECT_TRUE(rotated.sealed_with_current(fresh));
  EXPECT_EQ(ring(kHexB).open("register/a", fresh).value(), "x");
  EXPECT_EQ(ring(kHexB).open("register/a", old).error().code, kSealedUnknownKey);
}

TEST(IdMaster, Rule10_IdKeyDependsOnTenantAndInstallationOnly) {
  const IdMaster master = id_master(kHexA);
  EXPECT_EQ(master.id_key(TenantId("acme"), InstallationId("main")),
            id_master(kHexA).id_key(TenantId("acme"), InstallationId("main")));
  EXPECT_EQ(master.id_key(TenantId("acme"), InstallationId("main")).size(), 32u);
  EXPECT_NE(master.id_key(TenantId("acme"), InstallationId("main")),
            master.id_key(TenantId("acme"), InstallationId("other")));
  EXPECT_NE(master.id_key(TenantId("acme"), InstallationId("main")),
            master.id_key(TenantId("other"), InstallationId("main")));
  EXPECT_NE(master.id_key(TenantId("acme"), InstallationId("main")),
            id_master(kHexB).id_key(TenantId("acme"), InstallationId("main")));
}

// HMAC-SHA-256 with 32 bytes 0xaa over "acme/main", computed with OpenSSL.
TEST(IdMaster, Rule10_IdKeyIsHmacSha256OfTenantSlashInstallation) {
  const std::string key = id_master(kHexA).id_key(TenantId("acme"), InstallationId("main"));
  std::string hex;
  for (const unsigned char c : key) {
    constexpr const char* digits = "0123456789abcdef";
    hex += digits[c >> 4];
    hex += digits[c & 15];
  }
  EXPECT_EQ(hex, "452d9af7ff27d345c24a40f56339e85f03f35fa2aa66a0c8c0519c0e62ebe420");
}

TEST(IdMaster, CallbackTokenIsSharedByTheRegistersOfOneOrganization) {
  const IdMaster master = id_master(kHexA);
  EXPECT_EQ(master.callback_token(TenantId("acme"), "key"), master.callback_token(TenantId("acme"), "key"));
  EXPECT_NE(master.callback_token(TenantId("acme"), "key"), master.callback_token(TenantId("other"), "key"));
  EXPECT_NE(master.callback_token(TenantId("acme"), "key"), master.callback_token(TenantId("acme"), "key2"));
  EXPECT_EQ(master.callback_token(TenantId("acme"), "key").size(), 32u);
}

TEST(IdMaster, Rule10_NeverRotates) { EXPECT_FALSE(IdMaster::parse(Secret(kHexA + "\n" + kHexB)).has_value()); }

}  // namespace
}  // namespace kassaflow::registry
