#pragma once
// A bound on how many coroutines of one executor do something at once; the others wait in the order they came.
//
// Not thread-safe: it lives on the executor.

#include <deque>
#include <memory>
#include <utility>

#include "kassaflow/async/event.hpp"

namespace kassaflow::async {

class Gate {
  struct State {
    std::size_t free;
    std::deque<std::shared_ptr<Event>> waiting;
  };

 public:
  Gate(boost::asio::any_io_executor executor, Clock& clock, std::size_t places)
      : executor_(std::move(executor)), clock_(&clock), state_(std::make_shared<State>(State{places, {}})) {}

  // Taken as long as it lives; it may outlive the gate.
  class Place {
   public:
    explicit Place(std::weak_ptr<State> state) : state_(std::move(state)) {}
    Place(Place&&) = default;
    Place& operator=(Place&&) = delete;
    ~Place() {
      const auto state = state_.lock();
      if (!state) return;
      if (state->waiting.empty()) {
        ++state->free;
      } else {
        state->waiting.front()->notify();
        state->waiting.pop_front();
      }
    }

   private:
    std::weak_ptr<State> state_;
  };
  boost::asio::awaitable<Place> enter() {
    if (state_->free > 0) {
      --state_->free;
    } else {
      const auto mine = state_->waiting.emplace_back(std::make_shared<Event>(executor_, *clock_));
      co_await mine->wait();  // until a place is handed on
    }
    co_return Place(state_);
  }

 private:
  boost::asio::any_io_executor executor_;
  Clock* clock_;
  std::shared_ptr<State> state_;
};

}  // namespace kassaflow::async
