#include "kassaflow/base/report.hpp"

#include <vector>

namespace kassaflow {

void report(log::Level level, std::string_view event, const Error& error, std::initializer_list<log::Field> fields) {
  std::vector<log::Field> all(fields);
  all.emplace_back("code", error.code.name());
  all.emplace_back("error", error.message);
  if (!error.code.way_out().empty()) all.emplace_back("way_out", error.code.way_out());
  log::write(level, event, all);
}

}  // namespace kassaflow
