#include "kassaflow/rpc/token.hpp"

#include <date/date.h>

#include <ctime>

#include "kassaflow/base/random.hpp"
#include "kassaflow/base/sha256.hpp"
#include "kassaflow/text/hex.hpp"
#include "kassaflow/v1/registry.pb.h"

namespace kassaflow::rpc {

namespace {
constexpr const char* kTime = "%FT%TZ";
}

std::optional<Token> read_token(const v1::Token& document) {
  const auto expires = parse_time(document.expires());
  if (!expires) return std::nullopt;
  return Token{document.id(), document.scope(), TenantId(document.tenant()), *expires};
}

Secret make_token() { return Secret(std::string(kTokenPrefix) + hex(random_bytes()) + hex(random_bytes())); }

std::string hash_of(std::string_view token) { return hex(sha256(token)); }

std::optional<std::chrono::sys_seconds> parse_time(const std::string& text) {
  // Not date::parse: it reads seconds as a long double, which is none behind libcrypto's vector code on the same
  // thread.
  std::tm parts{};
  if (strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) == nullptr) return std::nullopt;
  const std::chrono::sys_seconds time{std::chrono::seconds(timegm(&parts))};
  return to_text(time) == text ? std::optional(time) : std::nullopt;
}

std::string to_text(std::chrono::sys_seconds time) { return date::format(kTime, time); }

}  // namespace kassaflow::rpc
