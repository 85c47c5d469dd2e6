#pragma once
// What a cloud tells of its documents by itself (protocols/itkassa.md §13): authenticated, no more than it may, routed
// to the register it names within the tenant, durable before 200. For one thread.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/registers/protocol.hpp"
#include "limits.hpp"
#include "publisher.hpp"

namespace kassaflow::ingress {

// The registers of one snapshot that may call back, by identity, which is unique over all tenants (exactly-once.md 9).
class CloudRegisters {
 public:
  CloudRegisters() = default;
  explicit CloudRegisters(std::shared_ptr<const configuration::Snapshot> snapshot);
  [[nodiscard]] const configuration::Snapshot& snapshot() const { return *snapshot_; }
  // nullptr: not one of `tenant`.
  [[nodiscard]] const configuration::Register* find(const TenantId& tenant, const RegisterIdentity& identity) const;

 private:
  std::shared_ptr<const configuration::Snapshot> snapshot_ = std::make_shared<configuration::Snapshot>();
  std::unordered_map<RegisterIdentity, const configuration::Register*> by_identity_;
};

struct Callback {
  const registers::Protocol* protocol;  // one that has callbacks
  std::string token;
  registers::Callbacks::Headers headers;
  std::string_view body;
};

class CallbackHandler {
 public:
  struct Dependencies {
    std::function<std::shared_ptr<const CloudRegisters>()> registers;
    std::function<std::int64_t()> now_ms;
    Publisher& publisher;
    Limits& limits;
    std::chrono::milliseconds deadline{2000};  // the cloud wants its answer within 1-2 s
  };
  explicit CallbackHandler(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  struct Answer {
    int status;  // whoever reads 200 may forget the callback
    std::optional<std::chrono::seconds> retry_after = std::nullopt;
  };
  boost::asio::awaitable<Answer> take(Callback callback, std::string trace);

 private:
  const Dependencies dependencies_;
};

}  // namespace kassaflow::ingress
