#include "kassaflow/base/result.hpp"

#include <ostream>

namespace kassaflow {

void PrintTo(ErrorCode code, std::ostream* out) { *out << code.name(); }

std::string explained(const Error& error) {
  std::string text = error.message;
  if (const std::string_view way_out = error.code.way_out(); !way_out.empty()) text.append("; ").append(way_out);
  return text;
}

}  // namespace kassaflow
