#pragma once
// An audit log whose rows hang together: each has a hash over itself and the hash before it. Pure.
//
// Who can write the database can write the whole chain anew; then its head is another one than that which was noted
// down before. So `kassactl audit verify` tells the head, and compares with one that was kept elsewhere.

#include <cstdint>
#include <string>
#include <vector>

#include "kassaflow/base/sha256.hpp"

namespace kassaflow::audit {

// Who did it, from where, and why, as he said.
struct Who {
  std::string name;       // of a token or a service: what the gateway knows
  std::string came_from;  // what he says of himself, and the address he called from
  std::string reason;     // may be empty
};

struct Row {
  std::int64_t number = 0;  // from 1, without a gap
  std::int64_t at_us = 0;   // Unix time
  Who who;
  std::string action;   // "updated itkassa.apiKey"
  std::string subject;  // "register/acme-kkt-1"
  Sha256 hash{};
};

// Where a log ends; before its first row: 0 and zeros.
struct Head {
  std::int64_t number = 0;
  Sha256 hash{};
};

// Some rows of a log, by number, and its end.
struct Part {
  std::vector<Row> rows;
  Head head;
};

// What stands in the row as its hash.
[[nodiscard]] Sha256 hash_of(const Sha256& before, const Row& row);

// Follows a log from its beginning.
class Verifier {
 public:
  // The rows that come next, by number. Says each thing that is wrong, English: "row 7 was changed".
  std::vector<std::string> take(const std::vector<Row>& rows);
  // All rows were taken; `head`: as the log says it.
  [[nodiscard]] std::vector<std::string> finish(const Head& head) const;
  [[nodiscard]] const Head& head() const { return head_; }

 private:
  Head head_;
};

}  // namespace kassaflow::audit
