#pragma once
// Bad days of a whole gateway: several workers with their journal, Kafka, registers, a portal and people, on one clock
// in one thread. Everything that happens is drawn from the seed, so a run is the same each time.
//
// A run has a time of trouble and a time of healing after it. All the while the ledgers of the registers are held
// against what was said (I1, I2, I8); at the end every receipt must have come to its end.

#include <cstdint>
#include <string>
#include <vector>

namespace kassaflow::simulation {

struct Plan {
  std::uint32_t seed = 1;
  int receipts = 400;
  bool story = false;  // what happens is written to standard error, with the workers' own log
};

struct Figures {
  int receipts = 0;   // accepted
  int documents = 0;  // of receipts, in the ledgers
  int resolved = 0;   // by a person
  int kills = 0;
  int freezes = 0;
  int outages = 0;
  double virtual_hours = 0;

  Figures& operator+=(const Figures& other);
};

struct Report {
  std::vector<std::string> wrong;  // for people; empty: all went well
  Figures figures;
};

[[nodiscard]] Report simulate(const Plan& plan);

}  // namespace kassaflow::simulation
