#pragma once
// What a container's health check asks: the admin endpoint of a process on this machine.

#include <cstdint>
#include <string>

namespace kassaflow::runtime {

// Empty when `target` is answered with 200 within 5 s, else what came instead. `address` is the one the process listens
// on; an unspecified one (0.0.0.0, ::) is asked on loopback. Blocks.
[[nodiscard]] std::string ask_health(const std::string& address, std::uint16_t port, const std::string& target);

}  // namespace kassaflow::runtime
