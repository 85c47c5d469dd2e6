#include "kassaflow/async/gate.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <vector>

#include "kassaflow/async/pause.hpp"
#include "manual_time.hpp"

namespace kassaflow::async {
namespace {

using namespace std::chrono_literals;

class GateTest : public testing::Test {
 protected:
  void go(int who, Clock::duration how_long) {
    boost::asio::co_spawn(time_.executor(), pass(who, how_long), boost::asio::detached);
  }
  boost::asio::awaitable<void> pass(int who, Clock::duration how_long) {
    const auto place = co_await gate_.enter();
    entered_.push_back(who);
    most_ = std::max(most_, ++inside_);
    co_await pause_for(time_.clock(), how_long);
    --inside_;
  }

  ManualTime time_;
  Gate gate_{time_.executor(), time_.clock(), 2};
  std::vector<int> entered_;
  int inside_ = 0, most_ = 0;
};

TEST_F(GateTest, NoMoreThanItsPlacesAtOnceAndTheOthersInTheirOrder) {
  go(1, 30s);
  go(2, 10s);
  go(3, 1s);
  go(4, 1s);
  time_.run_for(5s);
  EXPECT_EQ(entered_, (std::vector{1, 2}));
  time_.run_for(5s);
  EXPECT_EQ(entered_, (std::vector{1, 2, 3}));
  time_.run_out();
  EXPECT_EQ(entered_, (std::vector{1, 2, 3, 4}));
  EXPECT_EQ(most_, 2);
}

TEST_F(GateTest, APlaceThatIsFreeAgainIsTakenAtOnce) {
  for (int who = 1; who <= 3; ++who) {
    go(who, 1s);
    go(-who, 1s);
    time_.run_out();
  }
  EXPECT_EQ(entered_, (std::vector{1, -1, 2, -2, 3, -3}));
}

}  // namespace
}  // namespace kassaflow::async
