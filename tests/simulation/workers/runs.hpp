#pragma once
// Runs of the simulation, each in a process of its own: a bug that ends one ends no other.

#include <sys/types.h>

#include <map>
#include <string>

#include "simulation.hpp"

namespace kassaflow::simulation {

// What is known of a run that has ended.
struct Ended {
  Plan plan;
  Figures figures;
  std::string rule;  // the first that was broken; empty: all went well
  int receipt = 0;   // the one that broke it, 0: none
  std::string
      text;  // all that went wrong, a line each, with the seed; of a process that did not come to its end, how it ended
};

class Runs {
 public:
  // `log`: a file that takes what the run writes to standard error. Throws std::system_error when there can be no
  // process.
  void start(const Plan& plan, const std::string& log = "/dev/null");
  [[nodiscard]] std::size_t running() const { return running_.size(); }
  // Waits for one of them.
  [[nodiscard]] Ended end_one();

 private:
  struct Run {
    Plan plan;
    int pipe;
  };
  std::map<pid_t, Run> running_;
};

}  // namespace kassaflow::simulation
