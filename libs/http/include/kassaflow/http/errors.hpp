#pragma once
// How a request to a peer fails. Journals hold these words as the codes of findings, so they do not change.

#include "kassaflow/base/result.hpp"

namespace kassaflow::http {

inline constexpr ErrorKind kDns{"dns"};
inline constexpr ErrorKind kAddressRefused{"address_refused"};  // its name leads only to addresses the policy refuses
inline constexpr ErrorKind kConnect{"connect"};
inline constexpr ErrorKind kTls{"tls"};
inline constexpr ErrorKind kGuard{"guard"};  // the guard did not let the bytes leave
inline constexpr ErrorKind kWrite{"write"};
inline constexpr ErrorKind kRead{"read"};
inline constexpr ErrorKind kTimeout{"timeout"};
inline constexpr ErrorKind kClosed{"closed"};        // no whole answer came
inline constexpr ErrorKind kMalformed{"malformed"};  // what came is no answer
inline constexpr ErrorKind kTooLarge{"too_large"};   // the answer, above the request's limit

}  // namespace kassaflow::http
