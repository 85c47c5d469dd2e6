#include "portal.hpp"

#include <algorithm>

#include "kassaflow/async/back_off.hpp"
#include "kassaflow/base/check.hpp"
#include "kassaflow/base/sha256.hpp"

namespace kassaflow::status {

using bitrix24::Reaction;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds kIntensityRest = 60s;  // QUERY_LIMIT_EXCEEDED: the bucket of 50 has drained by then
constexpr milliseconds kMethodRest = 10min;   // OPERATION_TIME_LIMIT counts the last ten minutes (§11.2)
constexpr milliseconds kOperatorRest = 1h;    // a person must act: asked again seldom

std::string digest_of(std::string_view text) {
  const Sha256 digest = sha256(text);
  return {digest.begin(), digest.end()};
}

std::size_t end_of_origin(std::string_view url) {
  const auto scheme = url.find("://");
  return scheme == std::string_view::npos ? 0 : std::min(url.find_first_of("/?#", scheme + 3), url.size());
}

Decision rest_all(milliseconds rest, milliseconds retry, bool alarm = false) {
  return {Decision::Receipt::later, std::max(rest, retry), rest, alarm};
}

}  // namespace

Pace::Clock::time_point Pace::take(Clock::time_point now) {
  place_ = std::max(place_, now - kInterval * kBurst) + kInterval;
  return std::max(now, place_);
}

PortalAddress::PortalAddress(const Secret& webhook, const std::string& digest, std::string moved_to)
    : webhook_(webhook.reveal() + (webhook.reveal().ends_with('/') ? "" : "/")), digest_(digest_of(webhook.reveal())) {
  if (digest == digest_) confirmed_ = std::move(moved_to);
  origin_ = confirmed_;
}

std::string PortalAddress::url() const {
  const auto& origin = origin_.empty() ? webhook_.substr(0, end_of_origin(webhook_)) : origin_;
  return origin + webhook_.substr(end_of_origin(webhook_)) + std::string(bitrix24::kCheckApplyMethod);
}

bool PortalAddress::follow(const std::string& location) {
  const auto own = webhook_.substr(0, end_of_origin(webhook_));
  const auto origin = location.substr(0, end_of_origin(location));
  const auto& current = origin_.empty() ? own : origin_;
  // The webhook's code must not go on over plain HTTP.
  const bool downgrade = webhook_.starts_with("https://") && !origin.starts_with("https://");
  if (origin.empty() || downgrade || origin == current || followed_) {
    answered(false);
    return false;
  }
  followed_ = true;
  origin_ = origin == own ? std::string() : origin;
  return true;
}

void PortalAddress::answered(bool from_portal) {
  followed_ = false;
  if (!from_portal) origin_.clear();
  confirmed_ = origin_;
}

Decision decide(const bitrix24::Verdict& verdict, const Asked& asked) {
  const auto retry = async::back_off(asked.min, asked.max, asked.tries, asked.jitter);
  switch (verdict.reaction) {
    case Reaction::done:
    case Reaction::told_error:
      return {.receipt = Decision::Receipt::told};
    case Reaction::retry_not_found:
      if (asked.age >= kNotFoundLimit) return {.receipt = Decision::Receipt::given_up};
      return {.wait = retry};
    case Reaction::retry_backoff:
    case Reaction::moved:
      return {.wait = retry};
    case Reaction::rate_limited:
      return rest_all(std::min(kIntensityRest, asked.max), retry);
    case Reaction::pause_until: {
      constexpr std::int64_t kDay_s = 24 * 3600;
      const milliseconds rest = verdict.pause_until_s == 0 ? kMethodRest
                                                           : milliseconds(std::chrono::seconds(std::clamp<std::int64_t>(
                                                                 verdict.pause_until_s - asked.now_s, 1, kDay_s)));
      return rest_all(std::min(rest, asked.max), retry);
    }
    case Reaction::portal_closed:
      return rest_all(asked.max, retry);
    case Reaction::reauthorise:
    case Reaction::stop_alarm:
      return rest_all(std::min(kOperatorRest, asked.max), retry, true);
    case Reaction::give_up:
      return {.receipt = Decision::Receipt::given_up};
  }
  never();
}

}  // namespace kassaflow::status
