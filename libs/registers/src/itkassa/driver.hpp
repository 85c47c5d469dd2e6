#pragma once
// The itkassa cloud (protocols/itkassa.md): a POST puts a document into the register's queue, the result is asked for
// by id or by key, or comes as a callback.

#include <memory>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::itkassa {

[[nodiscard]] std::unique_ptr<Driver> make(const RegisterSettings& settings, const Durations& durations,
                                           http::Transport& transport, async::Clock& clock);

}  // namespace kassaflow::registers::itkassa
