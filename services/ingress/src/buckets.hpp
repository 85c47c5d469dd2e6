#pragma once
// Token buckets by name, in bounded memory. A bucket holds `amount` and is filled again within `period`: so much may
// come at once, and as much in each period after it. Pure; for one thread.

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kassaflow::ingress {

struct Limit {
  std::int64_t amount = 1;  // at least 1
  std::chrono::milliseconds period{60'000};
};

class Buckets {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `most`: of buckets, at least 1. Beyond it the one that was asked for least lately is forgotten, which is as if it
  // were full: a stranger who makes up names gains nothing over the limit of what he is known by.
  Buckets(Limit limit, std::size_t most) : limit_(limit), most_(most) {}

  struct Taken {
    bool ok = false;
    // Of a refusal:
    std::chrono::nanoseconds enough_after{};  // when the bucket will hold what was asked for
    bool to_be_told = false;                  // the first one of this bucket within a minute
  };
  // All of `cost` or nothing. What costs more than a bucket holds takes a full one.
  [[nodiscard]] Taken take(std::string_view name, std::int64_t cost, Time now);
  // What was taken was not used.
  void give_back(std::string_view name, std::int64_t cost);
  [[nodiscard]] std::size_t size() const { return by_name_.size(); }

 private:
  // Generic cell rate algorithm: one time says how much is in it.
  struct Bucket {
    std::string name;
    Time full_at{};
    Time told_until{};
  };
  [[nodiscard]] Bucket& named(std::string_view name);
  [[nodiscard]] std::chrono::nanoseconds time_of(std::int64_t cost) const;

  const Limit limit_;
  const std::size_t most_;
  std::list<Bucket> by_use_;  // asked for lately: first
  std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_name_;
};

}  // namespace kassaflow::ingress
