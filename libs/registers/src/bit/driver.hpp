#pragma once
// The BIT driver on a shop's computer (protocols/bit-driver.md): one synchronous packet, no way to ask afterwards.

#include <memory>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::bit {

[[nodiscard]] std::unique_ptr<Driver> make(const RegisterSettings& settings, const Durations& durations,
                                           http::Transport& transport, async::Clock& clock);

}  // namespace kassaflow::registers::bit
