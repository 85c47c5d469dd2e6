#pragma once
// Courtesy question to status: was this receipt printed already, and with what content? The journal has the last word
// (exactly-once.md 13), so every failure here means "unknown" and the post is accepted.
//
// Questions of concurrent posts travel together: one call is on its way, the next collects. After failures in a row the
// question is not asked for a while, so that a dead status costs nothing. Runs on `executor`, which runs one thing at a
// time.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "kassaflow/base/id.hpp"
#include "kassaflow/identity/identity.hpp"
#include "kassaflow/records/look_up.hpp"

namespace kassaflow::ingress {

struct PrintedContent {
  std::string digest;
  std::uint32_t digest_version = 0;
  // Whose receipt it is, says status.
  TenantId tenant = {};
  InstallationId installation = {};
};

// One that was asked and may be answered already.
class LookUp {
 public:
  struct State;
  explicit LookUp(std::shared_ptr<State> state) : state_(std::move(state)) {}
  [[nodiscard]] static LookUp answered(std::optional<PrintedContent> content);

  // The digest of what was printed; nothing when the receipt is not known to be printed. Once.
  boost::asio::awaitable<std::optional<PrintedContent>> answer();

 private:
  std::shared_ptr<State> state_;
};

class Duplicates {
 public:
  virtual ~Duplicates() = default;
  [[nodiscard]] virtual LookUp ask(const ReceiptId& receipt) = 0;
};

class StatusDuplicates final : public Duplicates {
 public:
  struct Options {
    std::string status_look_up;  // host:port
    identity::Files identity;
    std::chrono::milliseconds timeout{100};
    std::chrono::milliseconds pause{4};  // from one question to the next: a busy ingress asks for many receipts at once
    std::size_t batch_limit = records::kLookUpLimit;
    std::size_t waiting_limit = 10'000;  // beyond it posts are accepted unasked
    int failures_to_rest = 3;
    std::chrono::milliseconds rest{2000};
  };
  StatusDuplicates(boost::asio::any_io_executor executor, Options options);
  [[nodiscard]] LookUp ask(const ReceiptId& receipt) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kassaflow::ingress
