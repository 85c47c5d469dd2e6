#include "shrink.hpp"

#include <algorithm>

namespace kassaflow::simulation {

namespace {

constexpr int kOtherSeeds = 4;

std::vector<Plan> smaller_than(const Plan& plan) {
  std::vector<Plan> smaller;
  for (const int receipts : {plan.receipts / 4, plan.receipts / 2, plan.receipts * 3 / 4, plan.receipts - 1}) {
    if (receipts < 1 || receipts == plan.receipts) continue;
    smaller.push_back(plan);
    smaller.back().receipts = receipts;
    smaller.back().calm = std::min(plan.calm, receipts - 1);
  }
  for (const auto& [kind, name] : kKinds) {
    if (plan.without.contains(kind)) continue;
    smaller.push_back(plan);
    smaller.back().without.insert(kind);
  }
  if (plan.workers > 1) {
    smaller.push_back(plan);
    --smaller.back().workers;
  }
  if (const int calm = (plan.calm + plan.receipts) / 2; calm > plan.calm) {
    smaller.push_back(plan);
    smaller.back().calm = calm;
  }
  return smaller;
}

}  // namespace

Plan shrink(Plan failing, const std::function<bool(const Plan&)>& fails) {
  const auto seed = failing.seed;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (auto plan : smaller_than(failing)) {
      for (int i = 0; i <= kOtherSeeds && !smaller; ++i) {
        if (i > 0) plan.seed = seed + 1'000'000 * static_cast<std::uint32_t>(i);
        smaller = fails(plan);
      }
      if (!smaller) continue;
      failing = plan;
      break;
    }
  }
  return failing;
}

}  // namespace kassaflow::simulation
