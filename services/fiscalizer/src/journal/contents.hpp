#pragma once
// What a receipt was about is not kept for ever: its content with the buyer's contact, the bytes that were sent, and
// what registers told. What keeps it single stays for ever: its id and digest, its states and
// attempts, the numbers of its documents (exactly-once.md 10-13).

#include <chrono>

#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

inline constexpr int kErasedTogether = 500;

// Of receipts that ended so long ago, kErasedTogether at most. How many; fewer than that: no more are due now.
int erase_contents(Transaction& tx, std::chrono::milliseconds age);

// Records that were set aside so long ago and are of no use to a receipt any more, kForgottenTogether at most. How
// many.
inline constexpr int kForgottenTogether = 10'000;
int forget_set_aside(Transaction& tx, std::chrono::milliseconds age);

}  // namespace kassaflow::fiscalizer::journal
