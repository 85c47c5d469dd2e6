#pragma once
// What a portal allows and says: how often it is asked, at which address, and what its answer means for the receipt and
// for the portal (bitrix24.md §8, §11). Pure: time and randomness are arguments.

#include <chrono>
#include <cstdint>
#include <string>

#include "kassaflow/base/secret.hpp"
#include "kassaflow/bitrix24/check_apply.hpp"

namespace kassaflow::status {

// 2 requests a second with a burst of 20: always below the portal's limit of 50 (bitrix24.md §11.2), also when what was
// planned leaves late or a replica died with its places used.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds kInterval{500};
  static constexpr int kBurst = 20;

  Pace() = default;
  explicit Pace(Clock::time_point place) : place_(place) {}
  // When the next request may leave; takes that place.
  Clock::time_point take(Clock::time_point now);
  // When the last request would have left had there been no burst. Another replica continues from it.
  [[nodiscard]] Clock::time_point place() const { return place_; }

 private:
  Clock::time_point place_{};
};

// Where a portal is asked: its webhook, at the host it has moved to. Of a redirect only scheme and host are taken, and
// they are kept only for this webhook and only once a portal has answered from there.
class PortalAddress {
 public:
  // `moved_to` as kept for the webhook of `digest`; of another webhook it is nothing.
  PortalAddress(const Secret& webhook, const std::string& digest, std::string moved_to);

  [[nodiscard]] std::string url() const;  // of check.apply; holds the webhook's code
  // A redirect came: true when the same request may go to url() once more, now. Once between two answers: portals that
  // name each other are asked again after a back-off, from the webhook on.
  bool follow(const std::string& location);
  void answered(bool from_portal);  // or did not answer: false

  [[nodiscard]] const std::string& digest() const { return digest_; }
  [[nodiscard]] const std::string& confirmed() const { return confirmed_; }  // what to keep

 private:
  std::string webhook_;  // ends with a slash
  std::string digest_;   // SHA-256
  std::string origin_;   // scheme and host in use, empty = the webhook's own
  std::string confirmed_;
  bool followed_ = false;
};

// The longest time ERROR_CHECK_NOT_FOUND is repeated: the portal may write the UUID late, or a manager print again, but
// after two days the check is gone; what is still open CHECK_URL tells (bitrix24.md §8).
inline constexpr std::chrono::hours kNotFoundLimit{48};

struct Asked {
  int tries = 0;                             // of this receipt before
  std::chrono::milliseconds age{0};          // of its outcome
  std::chrono::milliseconds min{0}, max{0};  // back-off
  std::int64_t now_s = 0;                    // Unix time
  double jitter = 1;                         // [0, 1]
};

struct Decision {
  enum class Receipt : std::uint8_t { told, later, given_up };
  Receipt receipt = Receipt::later;
  std::chrono::milliseconds wait{0};  // with later
  std::chrono::milliseconds rest{0};  // of the whole portal, 0 = it goes on; never longer than the longest back-off
  bool alarm = false;                 // a person must act at the portal
};

// All reactions but `moved`.
[[nodiscard]] Decision decide(const bitrix24::Verdict& verdict, const Asked& asked);

}  // namespace kassaflow::status
