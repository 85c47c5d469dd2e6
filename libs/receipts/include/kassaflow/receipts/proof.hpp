#pragma once
// The numbering proof (exactly-once.md 6): a fiscal storage numbers its documents without gaps, so the next document
// after the quiet time shows whether a lost one was printed. Pure.

#include <cstdint>
#include <string>

namespace kassaflow::receipts {

struct Uncertain {               // recorded when the uncertain attempt was opened
  std::string fn;                // storage last read before it, empty = never read
  std::uint64_t highest_fd = 0;  // highest number seen on that storage before it, 0 = none seen
};

struct Probe {  // the next document of the same physical register
  bool started_after_quiet_time = false;
  bool answered_by_register = false;  // not typed by a person, not the answer to an older attempt
  std::string fn;
  std::uint64_t fd = 0;  // 0 = the register told no number
};

enum class Proof : std::uint8_t {
  not_printed,  // the probe has the very number the lost document would have had
  gap,          // numbers are missing: a person decides, [first_missing, last_missing]
  nothing,      // this document proves nothing; `reason` says why
};

struct ProofResult {
  Proof proof = Proof::nothing;
  std::uint64_t first_missing = 0;
  std::uint64_t last_missing = 0;
  std::string reason;  // English, for logs and operators
};

[[nodiscard]] ProofResult prove(const Uncertain& uncertain, const Probe& probe);

}  // namespace kassaflow::receipts
