#pragma once
// A plan that fails, made as small as it goes: so that its story can be read.

#include <functional>

#include "simulation.hpp"

namespace kassaflow::simulation {

// Fewer receipts, fewer kinds of trouble, fewer workers, a later beginning of the trouble: whatever can be left out
// with `fails` still true, one after the other until nothing can. Where a smaller plan does not fail, a few other seeds
// are tried with it.
[[nodiscard]] Plan shrink(Plan failing, const std::function<bool(const Plan&)>& fails);

}  // namespace kassaflow::simulation
