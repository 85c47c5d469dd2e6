#include "buckets.hpp"

#include <algorithm>

namespace kassaflow::ingress {

Buckets::Taken Buckets::take(std::string_view name, std::int64_t cost, Time now) {
  constexpr std::chrono::minutes kToldFor{1};
  Bucket& bucket = named(name);
  const Time full_at = std::max(bucket.full_at, now) + time_of(cost);
  if (full_at - now <= limit_.period) {
    bucket.full_at = full_at;
    return {.ok = true};
  }
  const bool to_be_told = now >= bucket.told_until;
  if (to_be_told) bucket.told_until = now + kToldFor;
  return {.enough_after = full_at - now - limit_.period, .to_be_told = to_be_told};
}

void Buckets::give_back(std::string_view name, std::int64_t cost) { named(name).full_at -= time_of(cost); }

Buckets::Bucket& Buckets::named(std::string_view name) {
  if (const auto known = by_name_.find(name); known != by_name_.end()) {
    by_use_.splice(by_use_.begin(), by_use_, known->second);
    return by_use_.front();
  }
  if (by_use_.size() == most_) {
    by_name_.erase(by_use_.back().name);
    by_use_.pop_back();
  }
  by_use_.push_front({.name = std::string(name)});
  by_name_.emplace(by_use_.front().name, by_use_.begin());
  return by_use_.front();
}

std::chrono::nanoseconds Buckets::time_of(std::int64_t cost) const {
  return std::chrono::nanoseconds(limit_.period) * std::min(cost, limit_.amount) / limit_.amount;
}

}  // namespace kassaflow::ingress
