// One target as a libFuzzer program; KASSAFLOW_FUZZ_TARGET names it.

#include <cstddef>
#include <cstdint>

#include "targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  kassaflow::fuzz::KASSAFLOW_FUZZ_TARGET.run({reinterpret_cast<const char*>(data), size});
  return 0;
}
