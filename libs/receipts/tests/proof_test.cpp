#include "kassaflow/receipts/proof.hpp"

#include <gtest/gtest.h>

namespace kassaflow::receipts {
namespace {

const Uncertain kUncertain{"7380440800000001", 100};
const Probe kProbe{true, true, "7380440800000001", 101};

TEST(NumberingProof, Rule6_TheVeryNextNumberProvesNotPrinted) {
  EXPECT_EQ(prove(kUncertain, kProbe).proof, Proof::not_printed);
}

TEST(NumberingProof, Rule6_AGapIsLeftToAPersonWithTheMissingNumbers) {
  auto probe = kProbe;
  probe.fd = 103;
  const auto result = prove(kUncertain, probe);
  EXPECT_EQ(result.proof, Proof::gap);
  EXPECT_EQ(result.first_missing, 101U);
  EXPECT_EQ(result.last_missing, 102U);
}

struct NoProof {
  const char* name;
  Uncertain uncertain;
  Probe probe;
};

class ProvesNothing : public testing::TestWithParam<NoProof> {};

TEST_P(ProvesNothing, Rule6_WhenAConditionIsMissing) {
  const auto result = prove(GetParam().uncertain, GetParam().probe);
  EXPECT_EQ(result.proof, Proof::nothing);
  EXPECT_FALSE(result.reason.empty());
}

INSTANTIATE_TEST_SUITE_P(Rule6, ProvesNothing,
                         testing::Values(NoProof{"BeforeTheQuietTime", kUncertain, {false, true, kUncertain.fn, 101}},
                                         NoProof{"TypedByAPerson", kUncertain, {true, false, kUncertain.fn, 101}},
                                         NoProof{"NoNumber", kUncertain, {true, true, kUncertain.fn, 0}},
                                         NoProof{"OtherStorage", kUncertain, {true, true, "7380440800000002", 101}},
                                         NoProof{"StorageNotNamed", kUncertain, {true, true, "", 101}},
                                         NoProof{"StorageNeverReadBefore", {"", 0}, {true, true, "", 1}},
                                         NoProof{
                                             "NoNumberSeenBefore", {kUncertain.fn, 0}, {true, true, kUncertain.fn, 1}},
                                         NoProof{"NumberDidNotGrow", kUncertain, {true, true, kUncertain.fn, 100}}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace kassaflow::receipts
