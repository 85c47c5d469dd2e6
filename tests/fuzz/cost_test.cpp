// No input costs more than its length: what reading every target's laborious inputs costs (tests/support/cost.hpp).

#include "cost.hpp"

#include <gtest/gtest.h>

#include <string>

#include "targets.hpp"

namespace kassaflow::fuzz {
namespace {

class CostOf : public testing::TestWithParam<const Target*> {};

TEST_P(CostOf, ReadingIsInProportionToTheInput) {
  if (cost::kSanitized) GTEST_SKIP() << "a sanitizer's own work is not in proportion";
  for (const Cost& one : GetParam()->costs) {
    EXPECT_TRUE(cost::in_proportion(one.input, one.read != nullptr ? one.read : GetParam()->run, one.largest))
        << one.what;
  }
}

// A generator that stopped growing would show a proportion that is none.
TEST_P(CostOf, InputsHaveTheSizeThatIsAskedFor) {
  for (const Cost& one : GetParam()->costs) {
    for (const std::size_t bytes : {one.largest / 4, one.largest}) {
      const std::size_t made = one.input(bytes).size();
      EXPECT_GE(made + bytes / 4, bytes) << one.what;
      EXPECT_LE(made, bytes + bytes / 4 + 64) << one.what;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fuzz, CostOf, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace kassaflow::fuzz
