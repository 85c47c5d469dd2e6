#include "kassaflow/postgres/arrays.hpp"

#include <stdexcept>

namespace kassaflow::postgres {
namespace {

unsigned digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  throw std::invalid_argument("bytea: not hex");
}

}  // namespace

std::string from_bytea(std::string_view hex) {
  if (hex.size() < 2 || hex.substr(0, 2) != "\\x" || hex.size() % 2 != 0)
    throw std::invalid_argument("bytea: not in hex form");
  std::string bytes;
  bytes.reserve(hex.size() / 2 - 1);
  for (std::size_t i = 2; i < hex.size(); i += 2) bytes += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
  return bytes;
}

}  // namespace kassaflow::postgres
