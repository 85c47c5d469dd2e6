#pragma once
// Asks on about attempts of one register that ended uncertain, as long as they are, with growing pauses: attributes
// that appear later settle a receipt without a person. It runs beside the lane, which goes on printing: a question
// prints nothing. Attempts at a register that cannot be asked are none of its business.
//
// Lives on the fiscalizer's one executor thread.

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "journal/journal.hpp"
#include "kassaflow/async/event.hpp"
#include "kassaflow/registers/driver.hpp"

namespace kassaflow::fiscalizer {

class Asker {
 public:
  struct Dependencies {
    Journal& journal;
    Fence fence;
    async::Clock::duration first_pause{};
    async::Clock::duration longest_pause{};
    std::function<bool()> may_decide;                            // the lease of the shard is ours
    std::function<std::unique_ptr<registers::Driver>()> driver;  // of its own; null: nothing can speak with it now
    // An attempt came to its end, and that was news.
    std::function<void(const Attempt& attempt, const registers::Finding& finding)> ended;
  };
  Asker(const boost::asio::any_io_executor& executor, async::Clock& clock, Dependencies dependencies)
      : clock_(clock), dependencies_(std::move(dependencies)), wake_(executor, clock) {}

  // The attempts that are uncertain now; what is known of the others is forgotten.
  void about(const std::vector<Attempt>& uncertain);
  [[nodiscard]] std::vector<std::int64_t> asks_about() const;
  // Until stop().
  boost::asio::awaitable<void> run();
  void stop() {
    stopping_ = true;
    wake_.notify();
  }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Question {
    Attempt attempt;
    async::Clock::duration pause{};
    async::Clock::time_point next{};
    std::string heard;  // what the register said last: the same again is not written down again
  };
  boost::asio::awaitable<void> ask(std::int64_t attempt);

  async::Clock& clock_;
  Dependencies dependencies_;
  async::Event wake_;
  std::map<std::int64_t, Question> questions_;
  bool stopping_ = false;
  bool finished_ = false;
};

// The attempt as the drivers know it.
[[nodiscard]] registers::AttemptRef ref_of(const Attempt& attempt);

}  // namespace kassaflow::fiscalizer
