#pragma once
// Status as the portal and the workers know it: the real CheckHandler over the view in memory, which reads posts and
// outcomes a little late; and pushes.

#include "books.hpp"
#include "check_handler.hpp"
#include "kassaflow/metrics/metrics.hpp"
#include "memory_view.hpp"
#include "world.hpp"

namespace kassaflow::simulation {

class Status {
 public:
  Status(World& world, Books& books);

  asio::awaitable<void> read();
  asio::awaitable<void> push();
  // The portal asks for a receipt.
  asio::awaitable<void> check(ReceiptId receipt);
  void go_away(Clock::time_point until) { away_until_ = until; }
  [[nodiscard]] const kafka::ReadPositions& positions() const { return view_.positions(); }

 private:
  [[nodiscard]] bool away() const { return world_.clock.now() < away_until_; }
  asio::awaitable<bool> caught_up();
  void know_logs_again();
  [[nodiscard]] kafka::ReadPosition position(const Log& log, std::size_t partition) const;
  [[nodiscard]] fiscalizer::Promise withhold_error(const fiscalizer::Wish& wish);

  World& world_;
  Books& books_;
  Dice dice_;
  status::MemoryView view_;
  metrics::Metrics metrics_{100};
  status::Counters counters_{metrics_};
  status::CheckHandler handler_;
  Clock::time_point away_until_{};
  Clock::time_point next_look_{};  // at the logs
};

}  // namespace kassaflow::simulation
