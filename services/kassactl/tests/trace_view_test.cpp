#include "trace_view.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace kassaflow::kassactl {
namespace {

using testing::ElementsAre;

std::vector<traces::Span> spans() {
  return {{"0190a6f2111182228333444444444444", "aaaaaaaaaaaaaaaa", "", "receipt", 1780300800000, 0, false, "", {}},
          {"0190a6f2111182228333444444444444",
           "bbbbbbbbbbbbbbbb",
           "aaaaaaaaaaaaaaaa",
           "attempt",
           1780300801000,
           1780300802500,
           true,
           "no paper",
           {{"kassaflow.register", "kkt-1"}, {"kassaflow.outcome", "not_printed"}}}};
}

TEST(TraceView, ShowsWhereTheTimeWent) {
  const auto table = trace_table(spans());
  EXPECT_THAT(table.at(1), ElementsAre("receipt", "2026-06-01T08:00:00Z", "-", "-", ""));
  EXPECT_THAT(table.at(2), ElementsAre("  attempt", "2026-06-01T08:00:01Z", "2026-06-01T08:00:02.500Z", "1.5 s",
                                       "register kkt-1, outcome not_printed: no paper"));
}

TEST(TraceView, IsWhatACollectorIsTold) {
  const auto object = trace_object(spans());
  EXPECT_EQ(object.at("traceId"), "0190a6f2111182228333444444444444");
  EXPECT_TRUE(object.at("spans").at(0).at("durationMs").is_null());
  EXPECT_TRUE(object.at("spans").at(0).at("parentSpanId").is_null());
  EXPECT_EQ(object.at("spans").at(1).at("durationMs"), 1500);
  EXPECT_EQ(object.at("spans").at(1).at("attributes").at("kassaflow.register"), "kkt-1");
}

TEST(TraceView, SaysTimesAsPeopleDo) {
  EXPECT_EQ(lasted(0), "0 ms");
  EXPECT_EQ(lasted(999), "999 ms");
  EXPECT_EQ(lasted(4250), "4.2 s");
  EXPECT_EQ(lasted(200'000), "3 min 20 s");
  EXPECT_EQ(lasted(2 * 3'600'000 + 5 * 60'000), "2 h 05 min");
}

}  // namespace
}  // namespace kassaflow::kassactl
