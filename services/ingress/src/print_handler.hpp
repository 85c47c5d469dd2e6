#pragma once
// PRINT_URL: always 200 and a JSON object in the portal's form (design.md I3). UUID only once the post is durable (I2).
// For one thread, as everything that waits on it.

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "acceptance.hpp"
#include "counters.hpp"
#include "duplicates.hpp"
#include "limits.hpp"
#include "publisher.hpp"

namespace kassaflow::ingress {

// A post that may be in Kafka: the same check finds its receipt again, a new one would print twice (exactly-once.md
// 15).
inline constexpr const char* kUnknownResult =
    "Неизвестно, принят ли чек: подтверждение не получено вовремя. Напечатайте этот же чек ещё раз, не создавайте "
    "новый.";

class PrintHandler {
 public:
  struct Dependencies {
    std::function<std::shared_ptr<const configuration::Snapshot>()> snapshot;
    std::function<std::int64_t()> now_ms;
    Publisher& publisher;
    Duplicates& duplicates;
    Counters& counters;
    Limits& limits;
    std::chrono::milliseconds deadline{5000};
    bitrix24::FormLimits form_limits = {};
  };
  explicit PrintHandler(Dependencies dependencies) : dependencies_(std::move(dependencies)) {}

  // The JSON answer. `body` must outlive the call.
  boost::asio::awaitable<std::string> print(std::string secret, std::string_view body, std::string trace);

  // The JSON answer to a post that cannot be taken; counted and logged.
  [[nodiscard]] std::string refuse(const Refusal& refusal, std::string_view trace);
  // Counts and logs a refusal that is answered elsewhere.
  void note(const Refusal& refusal, std::string_view trace);

 private:
  boost::asio::awaitable<tl::expected<std::string, Refusal>> take(std::string secret, std::string_view body,
                                                                  std::string trace,
                                                                  std::chrono::steady_clock::time_point started);

  void note_warnings(const v1::ReceiptAccepted& record, std::string_view trace);

  const Dependencies dependencies_;
};

}  // namespace kassaflow::ingress
