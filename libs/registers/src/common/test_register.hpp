#pragma once
// A document without legal force is never told as a receipt, and a legal one is never made on a register that is said
// to be a test's (itkassa.md §7, §11.3; ffd.md §9). Pure.

#include "kassaflow/registers/driver.hpp"

namespace kassaflow::registers {

// `found` as the register's setting `test` lets it stand; only Fact::printed is looked at. A test's document on a
// register for real receipts is "not printed", one of a real storage on a test register is printed with a warning; both
// with Cause::test_register and an alarm. What was printed as a test is marked so.
[[nodiscard]] Finding held_to_kind(Finding found, bool test_register);

}  // namespace kassaflow::registers
