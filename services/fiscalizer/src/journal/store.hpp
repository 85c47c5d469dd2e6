#pragma once
// Where the journal is kept.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <variant>

#include "kassaflow/postgres/database.hpp"
#include "transaction.hpp"

namespace kassaflow::fiscalizer::journal {

// Errors of both: postgres::kUnavailable (nothing is stored), kInDoubt (the COMMIT's answer was lost), kData, kRefused
// (also: the body threw).
class Store {
 public:
  using Body = std::function<void(Transaction&)>;
  virtual ~Store() = default;

  // Runs `body` in one transaction and commits when it returns. It must not capture anything that dies before this
  // resumes: it may run on another thread.
  virtual boost::asio::awaitable<Result<std::monostate>> transact(Body body) = 0;
  // The same, blocking the calling thread (those of Kafka and gRPC).
  virtual Result<std::monostate> transact_blocking(const Body& body) = 0;

  template <class F, class Value = std::invoke_result_t<F, Transaction&>>
  boost::asio::awaitable<Result<Value>> run(F body) {
    auto value = std::make_shared<std::optional<Value>>();
    auto done = co_await transact([value, body = std::move(body)](Transaction& tx) mutable { *value = body(tx); });
    if (!done) co_return tl::unexpected(std::move(done.error()));
    co_return std::move(**value);
  }
  template <class F, class Value = std::invoke_result_t<F, Transaction&>>
  Result<Value> run_blocking(F body) {
    std::optional<Value> value;
    auto done = transact_blocking([&](Transaction& tx) { value = body(tx); });
    if (!done) return tl::unexpected(std::move(done.error()));
    return std::move(*value);
  }
};

}  // namespace kassaflow::fiscalizer::journal
