#pragma once
// The lease guards the bytes, not only the journal (exactly-once.md 3).

#include <optional>
#include <string>

#include "fence.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "leases.hpp"
#include "life_timer.hpp"

namespace kassaflow::fiscalizer {

// Guards the bytes of one attempt: refuses when less than Leases::kMargin remains, and ends the process should it be
// paused past its lease between the check and the end of the write.
class LeaseGuard final : public http::WriteGuard {
 public:
  static constexpr std::chrono::seconds kSpare{1};
  static constexpr std::chrono::milliseconds kSetting{250};  // the timer is set within that, or nothing leaves

  LeaseGuard(const Leases& leases, Fence fence) : leases_(leases), fence_(fence), life_(leases.life_timer()) {}
  // Leaves a second of the lease between the last byte and the end of the process.
  std::optional<async::Clock::time_point> arm() override;
  void disarm() override { life_->disarm(); }

 private:
  const Leases& leases_;
  Fence fence_;
  std::unique_ptr<LifeTimer> life_;
};

}  // namespace kassaflow::fiscalizer
