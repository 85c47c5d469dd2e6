#include "connect.hpp"

#include <stdexcept>
#include <string_view>

#include "kassaflow/postgres/connection_string.hpp"

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

bool is_uri(const std::string& connection_string) {
  return connection_string.starts_with("postgresql://") || connection_string.starts_with("postgres://");
}

std::string with_time_limits(const std::string& given) {
  if (!is_uri(given)) return joined(' ') + given;
  const auto query = given.find('?');
  if (query != std::string::npos) return given.substr(0, query + 1) + joined('&') + given.substr(query + 1);
  auto limits = joined('&');
  limits.pop_back();
  return given + "?" + limits;
}

std::string checked(const std::string& given) {
  if (const std::string wrong = wrong_with(Secret(given)); !wrong.empty())
    throw std::invalid_argument("the setting postgres " + wrong);
  return with_time_limits(given);
}

}  // namespace kassaflow::postgres
