#pragma once
// What a decision of the journal stands on: the shard, and the epoch under which its worker holds it (exactly-once.md
// 4).

#include <cstdint>

namespace kassaflow::fiscalizer {

struct Fence {
  int shard = 0;
  std::int64_t epoch = 0;  // 0: no worker has held the shard

  friend bool operator==(const Fence&, const Fence&) = default;
};

}  // namespace kassaflow::fiscalizer
