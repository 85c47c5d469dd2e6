#pragma once
// What happened to one receipt and at the registers that had it, out of all a run writes with Plan::story.

#include <string>
#include <string_view>

namespace kassaflow::simulation {

// The lines about it in order, each with the second in which it happened. `receipt`: its number, 0: only what befell
// the world.
[[nodiscard]] std::string story_of(int receipt, std::string_view written);

}  // namespace kassaflow::simulation
