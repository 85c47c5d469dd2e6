#include "kassaflow/base/check.hpp"

#include <cstdlib>

#include "kassaflow/log/log.hpp"

namespace kassaflow {

void check_failed(const char* condition, const std::source_location& where) {
  log::error("check.failed", {{"condition", condition},
                              {"file", where.file_name()},
                              {"line", where.line()},
                              {"function", where.function_name()}});
  std::abort();
}

}  // namespace kassaflow
