#include "kassaflow/postgres/connection_string.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "kassaflow/text/ascii.hpp"
#include "src/connect.hpp"

namespace kassaflow::postgres {
namespace {

constexpr const char* kForm =
    "is no connection string of libpq: give postgresql://user:password@host:port/database; inside user and password "
    "write %40 for @, %2F for /, %3F for ? and %25 for %";

// A password that holds an @, / or ? as it is would end earlier than it was meant to, and its rest become a host.
bool ends_where_it_should(std::string_view uri) {
  const std::string_view after_scheme = uri.substr(uri.find("://") + 3);
  const std::size_t at = after_scheme.find('@');
  const std::size_t end = after_scheme.find_first_of("/?");
  if (at != std::string_view::npos) return at == after_scheme.rfind('@') && end > at;
  // What stands behind a colon is a port, and named in errors: without a user it may as well be a password of digits.
  return after_scheme.substr(0, end).find(':') == std::string_view::npos;
}

// libpq and the server name these in their errors; a password is what they never name.
bool may_be_named(std::string_view keyword, std::string_view value) {
  constexpr std::array<std::string_view, 3> kUnnamed{"user", "password", "sslpassword"};
  if (std::ranges::find(kUnnamed, keyword) != kUnnamed.end()) return true;
  const auto in_ports = [](char c) { return ascii::is_digit(c) || c == ','; };
  if (keyword == "port" && !std::ranges::all_of(value, in_ports)) return false;
  return value.find('@') == std::string_view::npos && value.find("://") == std::string_view::npos;
}

}  // namespace

std::string wrong_with(const Secret& connection_string) {
  const std::string& given = connection_string.reveal();
  if (given.empty()) return "is missing";
  if (is_uri(given) && !ends_where_it_should(given)) return kForm;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
      PQconninfoParse(with_time_limits(given).c_str(), nullptr), PQconninfoFree);
  if (!options) return kForm;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr && !may_be_named(option->keyword, option->val)) return kForm;
  }
  return {};
}

}  // namespace kassaflow::postgres
