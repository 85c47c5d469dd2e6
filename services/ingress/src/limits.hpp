#pragma once
// How much one installation, tenant, check or cloud may hand in (design.md I7), counted where it is refused. Strangers,
// whose secret or token nobody knows, are all one installation or cloud of no tenant. For one thread.
//
// Each replica counts for itself: with N of them a limit is up to N times as high.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "buckets.hpp"
#include "counters.hpp"
#include "kassaflow/base/id.hpp"

namespace kassaflow::ingress {

class Limits {
 public:
  // Of posts and callbacks of up to kCountedBytes; a larger one counts once for each, begun.
  static constexpr std::size_t kCountedBytes = 8 * 1024;
  // Tenants have 0.5 posts a second at the peak, on average (design.md 4.7: 10 000 of them, 5 000 a second); 50
  // registers print 50 a second at most. What is said of a second may come tenfold at once.
  struct Options {
    std::int64_t receipt_posts_per_hour = 60;
    std::int64_t installation_posts_per_second = 50;
    std::int64_t tenant_posts_per_second = 100;
    std::int64_t token_callbacks_per_second = 50;
    std::int64_t tenant_callbacks_per_second = 100;
  };
  using Now = std::function<Buckets::Time()>;
  Limits(const Options& options, Counters& counters, Now now = std::chrono::steady_clock::now);

  // A post of so many bytes may be read.
  [[nodiscard]] bool post(const TenantId& tenant, const InstallationId& installation, std::size_t bytes);
  // One more post of this receipt may be published.
  [[nodiscard]] bool receipt(const TenantId& tenant, const ReceiptId& receipt);
  // It certainly was not.
  void was_not_published(const ReceiptId& receipt);
  // Nothing: a callback of so many bytes may be read. Else when to come again. `caller`: a register the token names.
  [[nodiscard]] std::optional<std::chrono::seconds> callback(const TenantId& tenant, const RegisterId& caller,
                                                             std::size_t bytes);

 private:
  struct Named {
    Limited limit;
    std::string_view name;
    const TenantId& tenant;
  };
  Buckets::Taken take(Buckets& buckets, const Named& named, std::int64_t cost);

  Counters& counters_;
  const Now now_;
  Buckets receipts_;
  Buckets installations_;
  Buckets tenants_;
  Buckets tokens_;
  Buckets callback_tenants_;
};

}  // namespace kassaflow::ingress
