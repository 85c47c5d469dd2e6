#pragma once
// CHECK_URL: POST /b24/{secret}/check, `uuid=…`. Always 200 and a JSON object (invariant I3): DONE only for a
// fiscalized receipt of that installation, ERROR only under exactly-once.md 14, WAIT for everything else, also while
// our stores are away.

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "counters.hpp"
#include "kassaflow/base/id.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/http/server.hpp"
#include "view.hpp"

namespace kassaflow::status {

// What the view knows of a receipt; nullopt: nothing.
struct Found {
  std::optional<ViewEntry> entry;
};
// The view and the log as the handler asks them; nullopt/false when they do not answer in time.
struct CheckDependencies {
  std::function<boost::asio::awaitable<std::optional<Found>>(ReceiptId receipt)> find;
  // True once the view has taken in all that was in the log when the call began.
  std::function<boost::asio::awaitable<bool>()> caught_up;
  // Records that the error of this revision is told; false when it must not be, or could not be recorded.
  std::function<boost::asio::awaitable<bool>(ReceiptId receipt, std::uint64_t revision)> tell_error;
  std::function<std::int64_t()> now_ms;  // Unix time
};

class CheckHandler {
 public:
  using Snapshots = std::function<std::shared_ptr<const configuration::Snapshot>()>;  // the one in force
  CheckHandler(Snapshots snapshot, CheckDependencies view, Counters& counters);
  boost::asio::awaitable<http::Reply> operator()(const http::Inbound& inbound) const;

 private:
  boost::asio::awaitable<std::string> answer(const http::Inbound& inbound) const;
  boost::asio::awaitable<std::optional<ViewEntry>> find(ReceiptId receipt) const;

  Snapshots snapshot_;
  CheckDependencies view_;
  Counters& counters_;
};

// The secret of /b24/{secret}/check, empty for any other path.
[[nodiscard]] std::string_view secret_of(std::string_view target);

}  // namespace kassaflow::status
