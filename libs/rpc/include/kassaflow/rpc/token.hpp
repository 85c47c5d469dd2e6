#pragma once
// What the gateway knows of a token: who its owner is and what he may do.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "kassaflow/base/id.hpp"
#include "kassaflow/base/secret.hpp"
#include "kassaflow/v1/options.pb.h"

namespace kassaflow::v1 {
class Token;
}

namespace kassaflow::rpc {

struct Token {
  std::string id;
  v1::Scope scope = v1::SCOPE_UNSPECIFIED;
  TenantId tenant;  // of the scopes of tenants; empty: of the operator's
  std::chrono::sys_seconds expires;
};

// nullopt: a time that this version cannot read.
[[nodiscard]] std::optional<Token> read_token(const v1::Token& document);

inline constexpr std::string_view kTokenPrefix = "kft_";  // so that one is known wherever it was put by mistake

[[nodiscard]] Secret make_token();

// What is kept of a token: SHA-256 as hexadecimal digits. It has 256 random bits, so a slower hash would protect no
// more.
[[nodiscard]] std::string hash_of(std::string_view token);

// A time as documents write it, in UTC: "2027-01-31T00:00:00Z".
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_time(const std::string& text);
[[nodiscard]] std::string to_text(std::chrono::sys_seconds time);

}  // namespace kassaflow::rpc
