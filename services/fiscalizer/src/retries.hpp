#pragma once
// Retries of failed receipts (exactly-once.md 16). The wish stands in the journal before status is asked never to tell
// the error, so a crash anywhere leaves either the wish, which any worker carries out or takes back, or its end.
//
// Thread-safe; has one thread of its own between start() and stop().

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "journal/store.hpp"
#include "kassaflow/identity/identity.hpp"

namespace kassaflow::fiscalizer {

// What status says to "never tell the error of this revision".
enum class Promise : std::uint8_t {
  given,
  too_late,  // the portal knows it
  not_yet,   // it has not heard of this revision of this installation's receipt, or knows a later one
  away,      // it does not answer
};
// Blocks, a few seconds at most.
using AskPromise = std::function<Promise(const Wish& wish)>;
// Of status at "host:port".
[[nodiscard]] AskPromise ask_status(const std::string& address, const identity::Files& identity);

class Retries {
 public:
  enum class End : std::uint8_t { queued, taken_back, no_wish, later, status_away };

  // `queued` runs on the caller's thread or on ours.
  Retries(journal::Store& store, AskPromise ask, std::function<void()> queued);
  ~Retries() { stop(); }

  // One try at the wish to retry this receipt.
  End carry_out(const ReceiptId& receipt);
  // The same for every wish there is, as long as status answers and nobody stops us.
  void carry_out_all(const std::stop_token& stopped = {});

  void start();
  void stop();

 private:
  void run(const std::stop_token& stopped);

  journal::Store& store_;
  AskPromise ask_;
  std::function<void()> queued_;
  std::jthread thread_;
};

}  // namespace kassaflow::fiscalizer
