#include "kassaflow/async/back_off.hpp"

#include <random>

namespace kassaflow::async {

double jitter() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<>(0, 1)(random);
}

}  // namespace kassaflow::async
