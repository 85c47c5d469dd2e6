#include "limits.hpp"

#include <algorithm>
#include <utility>

#include "kassaflow/log/log.hpp"

namespace kassaflow::ingress {

using namespace std::chrono_literals;

namespace {

// Of buckets of one kind, some 200 bytes each: more than tenants, installations and clouds to be expected (design.md
// 4.7), and the checks of the last 20 s at the peak.
constexpr std::size_t kMost = 100'000;

Limit of_ten_seconds(std::int64_t per_second) { return {10 * per_second, 10s}; }

std::int64_t counted(std::size_t bytes) {
  return std::max<std::int64_t>(1,
                                static_cast<std::int64_t>((bytes + Limits::kCountedBytes - 1) / Limits::kCountedBytes));
}

}  // namespace

Limits::Limits(const Options& options, Counters& counters, Now now)
    : counters_(counters),
      now_(std::move(now)),
      receipts_({options.receipt_posts_per_hour, 1h}, kMost),
      installations_(of_ten_seconds(options.installation_posts_per_second), kMost),
      tenants_(of_ten_seconds(options.tenant_posts_per_second), kMost),
      tokens_(of_ten_seconds(options.token_callbacks_per_second), kMost),
      callback_tenants_(of_ten_seconds(options.tenant_callbacks_per_second), kMost) {}

Buckets::Taken Limits::take(Buckets& buckets, const Named& named, std::int64_t cost) {
  const auto taken = buckets.take(named.name, cost, now_());
  if (taken.ok) return taken;
  counters_.limited(named.limit);
  if (taken.to_be_told) {
    log::warn("limit.reached", {{"limit", name_of(named.limit)}, {"tenant", named.tenant.str()}, {"name", named.name}});
  }
  return taken;
}

bool Limits::post(const TenantId& tenant, const InstallationId& installation, std::size_t bytes) {
  // What an installation may not, its tenant's others may.
  return take(installations_, {Limited::installation, installation.str(), tenant}, counted(bytes)).ok &&
         take(tenants_, {Limited::tenant, tenant.str(), tenant}, counted(bytes)).ok;
}

bool Limits::receipt(const TenantId& tenant, const ReceiptId& receipt) {
  return take(receipts_, {Limited::receipt, receipt.str(), tenant}, 1).ok;
}

void Limits::was_not_published(const ReceiptId& receipt) { receipts_.give_back(receipt.str(), 1); }

std::optional<std::chrono::seconds> Limits::callback(const TenantId& tenant, const RegisterId& caller,
                                                     std::size_t bytes) {
  auto taken = take(tokens_, {Limited::callback_token, caller.str(), tenant}, counted(bytes));
  if (taken.ok) taken = take(callback_tenants_, {Limited::callback_tenant, tenant.str(), tenant}, counted(bytes));
  if (taken.ok) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(taken.enough_after);
}

}  // namespace kassaflow::ingress
