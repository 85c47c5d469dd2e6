#pragma once
// No loop: after the trouble, nothing is done more often than there is a reason for. Each bound stands with its reason
// in bounds.cpp.

#include <map>
#include <string>

#include "books.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class Bounds {
 public:
  Bounds(World& world, Books& books);

  void judge_healing();
  // Nothing is left to do: a minute of it begins, and ends.
  void begin_idle();
  void judge_idle();

 private:
  using Minute = std::int64_t;
  [[nodiscard]] Minute minute() const { return world_.passed() / std::chrono::minutes(1); }
  void within(std::string_view rule, int most, int bound, int receipt, const std::string& of);

  World& world_;
  Books& books_;
  std::map<std::string, int> sends_;                         // of a receipt's bytes, by attempt key
  std::map<std::string, int> reports_;                       // commands about the shift, by register
  std::map<std::pair<std::string, Minute>, int> questions_;  // by attempt key
  std::map<Minute, int> probes_;                             // at the cloud
  std::map<const SimulatedWorker*, int> transactions_;       // when the idle minute began
  std::uint64_t requests_ = 0;                               // by then
};

}  // namespace kassaflow::simulation
