#include "dispatcher.hpp"

#include <gtest/gtest.h>

namespace kassaflow::fiscalizer {
namespace {

TEST(Choose, TheRegisterExpectedToFinishFirstTakesTheReceipt) {
  EXPECT_EQ(choose({{"slow", 3000}, {"fast", 900}}, {}), "fast");
}

TEST(Choose, ARegisterThatCannotExpressTheReceiptIsPassedOver) {
  EXPECT_EQ(choose({{"slow", 3000}, {"fast", 900}}, {"fast"}), "slow");
  EXPECT_EQ(choose({{"fast", 900}}, {"fast"}), "");
}

TEST(Choose, ARegisterWithAQuestionGoesFirst) {
  EXPECT_EQ(choose({{"fast", 900, false}, {"slow", 3000, true}}, {}), "slow");
  EXPECT_EQ(choose({{"slow", 3000, true}, {"fast", 900, false}}, {}), "slow");
}

TEST(Choose, NobodyFreeTakesNothing) { EXPECT_EQ(choose({}, {}), ""); }

}  // namespace
}  // namespace kassaflow::fiscalizer
