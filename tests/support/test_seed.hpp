#pragma once
// The seed of a test that draws at random. Every kassaflow_test can include this.

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

namespace kassaflow {

// KASSAFLOW_TEST_SEED when somebody hands a seed back; else `usual`, or a new one when there is none.
inline std::uint32_t test_seed(std::optional<std::uint32_t> usual = std::nullopt) {
  if (const char* given = std::getenv("KASSAFLOW_TEST_SEED")) {  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return static_cast<std::uint32_t>(std::strtoul(given, nullptr, 10));
  }
  return usual ? *usual : std::random_device{}();
}

// For SCOPED_TRACE: what to type to see the same failure again.
inline std::string seed_note(std::uint32_t seed) { return "repeat with KASSAFLOW_TEST_SEED=" + std::to_string(seed); }

}  // namespace kassaflow
