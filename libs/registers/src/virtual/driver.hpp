#pragma once
// The virtual register speaks to nobody. It keeps no state but the receipt that waits for its delay: a document's
// number is the last one the journal knows of this register plus one, so it counts without gaps over restarts, and the
// same attempt gets the same number however often it is sent.

#include <memory>
#include <string>

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers::virtual_register {

[[nodiscard]] std::unique_ptr<Driver> make(const RegisterSettings& settings, async::Clock& clock);

// 16 digits that begin with 0000, derived from the register's id. The number of a real storage begins with that of its
// model, 7…, 8… or 9…, an emulator's with 9999: so it is nobody else's, and whoever reads it in the portal's check sees
// that no storage signed it (protocols/virtual.md §2).
[[nodiscard]] std::string storage_number(const RegisterId& id);

}  // namespace kassaflow::registers::virtual_register
