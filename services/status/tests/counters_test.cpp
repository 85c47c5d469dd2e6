#include "counters.hpp"

#include <gtest/gtest.h>

namespace kassaflow::status {
namespace {

class CountersTest : public testing::Test {
 protected:
  [[nodiscard]] bool shows(const std::string& line) const {
    return metrics_.exposition().find("\n" + line + "\n") != std::string::npos;
  }
  metrics::Metrics metrics_{100};
  Counters counters_{metrics_};
};

TEST_F(CountersTest, EverythingIsThereFromTheStart) {
  for (const auto* line :
       {"kassaflow_check_url_fallback_total 0", "kassaflow_push_backlog 0", "kassaflow_push_oldest_seconds 0",
        "kassaflow_view_caught_up 0", "kassaflow_check_url_seconds_count 0",
        "kassaflow_pushes_total{answer=\"told_error\"} 0", "kassaflow_pushes_total{answer=\"reauthorise\"} 0",
        "kassaflow_pushes_total{answer=\"unreachable\"} 0"}) {
    EXPECT_TRUE(shows(line)) << line;
  }
}

TEST_F(CountersTest, ShowWhatTheyWereTold) {
  counters_.pushed(kUnreachable);
  counters_.show_backlog({.waiting = 3, .overdue_s = 12.5});
  counters_.show_caught_up(true);
  counters_.fell_back();
  for (const auto* line :
       {"kassaflow_pushes_total{answer=\"unreachable\"} 1", "kassaflow_pushes_total{answer=\"done\"} 0",
        "kassaflow_push_backlog 3", "kassaflow_push_oldest_seconds 12.5", "kassaflow_view_caught_up 1",
        "kassaflow_check_url_fallback_total 1"}) {
    EXPECT_TRUE(shows(line)) << line;
  }
  counters_.show_caught_up(false);
  EXPECT_TRUE(shows("kassaflow_view_caught_up 0"));
}

}  // namespace
}  // namespace kassaflow::status
