// Every target over its corpus, and over damaged copies of it, as an ordinary unit test. KASSAFLOW_TEST_SEED changes
// the damage.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "targets.hpp"
#include "test_seed.hpp"

namespace kassaflow::fuzz {
namespace {

constexpr int kDamagedCopies = 100;

std::vector<std::string> corpus(std::string_view target) {
  std::vector<std::filesystem::path> folders{std::filesystem::path(KASSAFLOW_CORPUS) / target};
  if (target == "post") folders.emplace_back(KASSAFLOW_FIXTURES);
  std::vector<std::filesystem::path> files;
  for (const auto& folder : folders) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream stream(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// Overwrites, removes, repeats or takes over a few bytes of another input.
std::string damaged(std::string input, const std::string& other, std::mt19937& random) {
  const auto below = [&random](std::size_t limit) { return limit == 0 ? 0 : random() % limit; };
  for (std::size_t blows = 1 + below(4); blows > 0; --blows) {
    const std::size_t at = below(input.size() + 1);
    const std::size_t length = below(9);
    switch (below(4)) {
      case 0:
        input.insert(at, 1, static_cast<char>(below(256)));
        break;
      case 1:
        input.erase(at, length);
        break;
      case 2:
        input.insert(at, input.substr(at, length));
        break;
      default:
        input.replace(at, std::min(length, input.size() - at), other, below(other.size() + 1), length);
    }
  }
  return input;
}

class Corpus : public testing::TestWithParam<const Target*> {};

TEST_P(Corpus, IsReadWithoutBreakingAnyPromise) {
  const auto inputs = corpus(GetParam()->name);
  ASSERT_FALSE(inputs.empty());
  for (const auto& input : inputs) EXPECT_NO_THROW(GetParam()->run(input)) << testing::PrintToString(input);
}

TEST_P(Corpus, DamagedIsReadWithoutBreakingAnyPromise) {
  const auto seed = test_seed(1);
  SCOPED_TRACE(seed_note(seed));
  std::mt19937 random(seed);
  const auto inputs = corpus(GetParam()->name);
  for (const auto& input : inputs) {
    for (int copy = 0; copy < kDamagedCopies && !HasFailure(); ++copy) {
      const auto hurt = damaged(input, inputs[random() % inputs.size()], random);
      EXPECT_NO_THROW(GetParam()->run(hurt)) << testing::PrintToString(hurt);
    }
  }
}

// A program that is no target would be fuzzed, and held to nothing else.
TEST(Targets, AreThePrograms) {
  std::string names;
  for (const Target* target : kTargets) names += (names.empty() ? "" : " ") + std::string(target->name);
  EXPECT_EQ(names, KASSAFLOW_FUZZ_PROGRAMS);
}

INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace kassaflow::fuzz
