#pragma once
// Chance, from the run's seed and a name: who draws does not change what the others draw.

#include <chrono>
#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "kassaflow/async/clock.hpp"

namespace kassaflow::simulation {

class Dice {
 public:
  Dice(std::uint32_t seed, std::string_view name) {
    std::vector<std::uint32_t> words(name.begin(), name.end());
    words.push_back(seed);
    std::seed_seq sequence(words.begin(), words.end());
    random_.seed(sequence);
  }
  [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_()) % limit; }
  [[nodiscard]] bool happens(std::uint32_t per_thousand) { return below(1000) < per_thousand; }
  // From nothing to `longest`, in whole milliseconds.
  [[nodiscard]] async::Clock::duration up_to(async::Clock::duration longest) {
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
    return std::chrono::milliseconds(below(static_cast<std::uint32_t>(limit) + 1));
  }
  template <class T>
  [[nodiscard]] T& one_of(std::vector<T>& from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }

 private:
  std::mt19937 random_;
};

}  // namespace kassaflow::simulation
