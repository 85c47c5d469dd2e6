#pragma once
// From a PRINT_URL post to the record that is published, or to a refusal. Pure but for the post id's randomness.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/bitrix24/form.hpp"
#include "kassaflow/configuration/snapshot.hpp"
#include "kassaflow/v1/records.pb.h"

namespace kassaflow::ingress {

// Why a post was refused: the label `reason` of kassaflow_receipts_refused_total.
enum class Reason : std::uint8_t {
  request,        // not a POST of /b24/{secret}/print
  configuration,  // not loaded yet, or it contradicts itself
  installation,   // unknown secret
  form,           // body that is no form, or over a limit
  cashbox,        // unknown number_kkm
  credentials,    // cashbox_params do not match
  limited,        // too many of them (limits.hpp)
  content,        // cannot be mapped to a receipt that keeps the fiscal rules
  printed,        // printed before with other content
  unconfirmed,    // Kafka did not confirm
  internal,       // our own fault
};
// Empty: it is none of them.
[[nodiscard]] constexpr std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::request:
      return "request";
    case Reason::configuration:
      return "configuration";
    case Reason::installation:
      return "installation";
    case Reason::form:
      return "form";
    case Reason::cashbox:
      return "cashbox";
    case Reason::credentials:
      return "credentials";
    case Reason::limited:
      return "limited";
    case Reason::content:
      return "content";
    case Reason::printed:
      return "printed";
    case Reason::unconfirmed:
      return "unconfirmed";
    case Reason::internal:
      return "internal";
  }
  return {};
}
// How many there are.
inline constexpr int kReasons = [] {
  int count = 0;
  while (!name_of(static_cast<Reason>(count)).empty()) ++count;
  return count;
}();

struct Refusal {
  Reason reason;
  std::vector<std::string> texts;  // Russian, for the manager
  TenantId tenant = {};            // empty when not known
  ReceiptId receipt_id = {};       // likewise
};

template <class T>
using Accepting = tl::expected<T, Refusal>;

// Null: nobody's secret. Fails while no configuration is known.
[[nodiscard]] Accepting<const configuration::Installation*> find_installation(const configuration::Snapshot& snapshot,
                                                                              std::string_view secret,
                                                                              std::int64_t now_ms);

// Of nobody (`installation` is null) everything is read that is read of a known portal, and the refusal is that of an
// unknown cashbox: whoever does not know a cashbox and its parameters learns nothing of the secret, neither from the
// text nor from the time.
[[nodiscard]] Accepting<v1::ReceiptAccepted> accept(const configuration::Snapshot& snapshot,
                                                    const configuration::Installation* installation,
                                                    std::string_view body, const bitrix24::FormLimits& limits,
                                                    std::int64_t now_ms);

}  // namespace kassaflow::ingress
