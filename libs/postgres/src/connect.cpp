#include "connect.hpp"

#include <string_view>

namespace kassaflow::postgres {
namespace {

constexpr std::string_view kLimits[] = {"connect_timeout=5", "keepalives_idle=10", "keepalives_interval=5",
                                        "keepalives_count=3", "tcp_user_timeout=15000"};

std::string joined(char separator) {
  std::string text;
  for (const auto limit : kLimits) {
    text += limit;
    text += separator;
  }
  return text;
}

}  // namespace

std::string with_time_limits(const std::string& given) {
  if (!given.starts_with("postgresql://") && !given.starts_with("postgres://")) return joined(' ') + given;
  const auto query = given.find('?');
  if (query != std::string::npos) return given.substr(0, query + 1) + joined('&') + given.substr(query + 1);
  auto limits = joined('&');
  limits.pop_back();
  return given + "?" + limits;
}

}  // namespace kassaflow::postgres
