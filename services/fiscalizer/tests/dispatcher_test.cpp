#include "dispatcher.hpp"

#include <gtest/gtest.h>

namespace kassaflow::fiscalizer {
namespace {

const RegisterId kFast("fast");
const RegisterId kSlow("slow");

TEST(Choose, TheRegisterExpectedToFinishFirstTakesTheReceipt) {
  EXPECT_EQ(choose({{kSlow, 3000}, {kFast, 900}}, {}), kFast);
}

TEST(Choose, ARegisterThatCannotExpressTheReceiptIsPassedOver) {
  EXPECT_EQ(choose({{kSlow, 3000}, {kFast, 900}}, {kFast}), kSlow);
  EXPECT_EQ(choose({{kFast, 900}}, {kFast}), RegisterId());
}

TEST(Choose, ARegisterWithAQuestionGoesFirst) {
  EXPECT_EQ(choose({{kFast, 900, false}, {kSlow, 3000, true}}, {}), kSlow);
  EXPECT_EQ(choose({{kSlow, 3000, true}, {kFast, 900, false}}, {}), kSlow);
}

TEST(Choose, NobodyFreeTakesNothing) { EXPECT_EQ(choose({}, {}), RegisterId()); }

}  // namespace
}  // namespace kassaflow::fiscalizer
