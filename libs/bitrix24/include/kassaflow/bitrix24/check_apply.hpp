#pragma once
// sale.cashbox.check.apply: what we tell the portal, and what its answer means (protocols/bitrix24.md §8, §11.1).
// Pure; thread-safe.

#include <cstdint>
#include <string>
#include <string_view>

#include "kassaflow/fiscal/receipt.hpp"

namespace kassaflow::bitrix24 {

inline constexpr std::string_view kCheckApplyMethod = "sale.cashbox.check.apply";

// JSON body that moves the check to "printed". Attributes the register did not tell are left out (exactly-once.md 19).
[[nodiscard]] std::string check_apply_done(std::string_view uuid, const fiscal::FiscalDocument& document);

// JSON body that moves the check to "error" so that a manager can print it again. Only for a receipt that certainly is
// not fiscalized (exactly-once.md 14). Russian text, cut at kErrorTextLimit characters.
[[nodiscard]] std::string check_apply_error(std::string_view uuid, std::string_view text);

// What was told: decides whether ERROR_CHECK_APPLY is a refusal or the sign of success (§8).
enum class PushedEnd : std::uint8_t { done, error };

enum class Reaction : std::uint8_t {
  done,             // the portal shows the check as printed, now or before
  told_error,       // the portal shows the check as failed
  retry_not_found,  // the portal does not know the UUID yet: back off for hours, a manager may re-print
  retry_backoff,    // transient on the portal's side, or not understood
  rate_limited,     // request intensity (§11.2): back off the whole portal
  pause_until,      // the method's time budget is spent: nothing of this method before `pause_until_s`
  reauthorise,      // the token or webhook code is not accepted
  stop_alarm,       // blocked, no rights, no scope, method or portal misconfigured: a person must act
  portal_closed,    // the site is closed: ask it rarely
  moved,            // the portal was renamed: repeat the POST at `location`, remember its host
  give_up,          // repeating cannot help this receipt
};
inline constexpr Reaction kReactions[] = {Reaction::done,          Reaction::told_error,   Reaction::retry_not_found,
                                          Reaction::retry_backoff, Reaction::rate_limited, Reaction::pause_until,
                                          Reaction::reauthorise,   Reaction::stop_alarm,   Reaction::portal_closed,
                                          Reaction::moved,         Reaction::give_up};
[[nodiscard]] std::string_view name_of(Reaction reaction);

struct PushAnswer {
  int status = 0;
  std::string_view body;
  std::string_view location;  // header, empty when absent
};

struct Verdict {
  Reaction reaction = Reaction::retry_backoff;
  std::string reason;              // the portal's error code, or a stable word; for logs and metrics, holds no secret
  std::int64_t pause_until_s = 0;  // with pause_until: Unix seconds, 0 when the portal did not say
  // With moved: absolute http(s) URL as told by the portal; may hold the webhook's code, never log it.
  std::string location;
  // The answer has the form of Bitrix24's REST (an object with `result` or `error`): a portal is at that address.
  bool from_portal = false;
};

[[nodiscard]] Verdict classify_check_apply(PushedEnd told, const PushAnswer& answer);

}  // namespace kassaflow::bitrix24
