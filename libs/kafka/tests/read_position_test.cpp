// How a log is known again.

#include "kassaflow/kafka/read_position.hpp"

#include <gtest/gtest.h>

namespace kassaflow::kafka {
namespace {

Record record(std::int64_t offset, std::int64_t timestamp_ms, const std::string& value = "value",
              std::int64_t log = 0) {
  Record result;
  result.topic = "receipts";
  result.log = log;
  result.offset = offset;
  result.timestamp_ms = timestamp_ms;
  result.key = "pool";
  result.value = value;
  return result;
}

TEST(Fingerprint, Rule18_IsOfTimeKeyAndValue) {
  const auto fingerprint = fingerprint_of(record(4, 1000));
  EXPECT_EQ(fingerprint.size(), 32U);
  EXPECT_EQ(fingerprint, fingerprint_of(record(9, 1000))) << "the offset is compared by itself";
  EXPECT_NE(fingerprint, fingerprint_of(record(4, 1001)));
  EXPECT_NE(fingerprint, fingerprint_of(record(4, 1000, "other")));
  auto shifted = record(4, 1000, "lvalue");
  shifted.key = "poo";
  EXPECT_NE(fingerprint, fingerprint_of(shifted));
}

TEST(After, Rule18_ABatchMovesEachPartitionBehindItsLastRecord) {
  auto other = record(2, 700);
  other.partition = 1;
  const auto positions = after(std::vector{record(4, 1000), other, record(5, 900, "last")});
  ASSERT_EQ(positions.size(), 2U);
  const auto& position = positions.at({"receipts", 0});
  EXPECT_EQ(position.next_offset, 6);
  EXPECT_EQ(position.newest_ms, 1000) << "a broker's clock may be set back";
  EXPECT_EQ(position.fingerprint, fingerprint_of(record(5, 900, "last")));
  EXPECT_EQ(positions.at({"receipts", 1}).next_offset, 3);
}

TEST(Advance, Rule18_PositionsOnlyGrowByLogAndThenByOffset) {
  ReadPosition position{1, 10, 1000, "ten"};
  advance(position, {1, 8, 2000, "eight"});
  advance(position, {0, 50, 2000, "fifty"});
  EXPECT_EQ(position.fingerprint, "ten") << "who still reads the log before, or is slower, changes nothing";
  EXPECT_EQ(position.newest_ms, 1000);
  advance(position, {1, 11, 500, "eleven"});
  EXPECT_EQ(position.next_offset, 11);
  EXPECT_EQ(position.newest_ms, 1000);
  advance(position, {2, 0, 0, ""});
  EXPECT_EQ(position.next_offset, 0);
  EXPECT_EQ(position.newest_ms, 0) << "of another log";
}

TEST(Advance, Rule18_TheMarkIsOlderThanThePosition) {
  constexpr std::int64_t kMinute = kMarkAge_ms;
  ReadPosition position;
  const auto go_on = [&](std::int64_t next_offset, std::int64_t newest_ms) {
    advance(position, {0, next_offset, newest_ms, "some"});
    return std::pair(position.mark_offset, position.mark_ms);
  };
  using Mark = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(go_on(2, 1000), Mark(2, 1000)) << "all before it was read from the beginning on";
  EXPECT_EQ(go_on(5, 2000), Mark(2, 1000));
  EXPECT_EQ(go_on(7, 1000 + kMinute), Mark(5, 2000)) << "what just came may be of another log";
  EXPECT_EQ(go_on(9, 1500 + kMinute), Mark(5, 2000));
  EXPECT_EQ(go_on(11, 9 * kMinute), Mark(9, 1500 + kMinute)) << "after a pause, too";
  advance(position, {1, 0, 0, ""});
  EXPECT_EQ(position.mark_ms, 0);
}

TEST(Compare, Rule18_WhatTheEndsOfALogSayOfAPosition) {
  const ReadPosition position{0, 10, 1500, "ten", 8, 1000};
  struct Case {
    LogBounds bounds;
    Continuity continuity;
    const char* when;
  };
  const Case cases[] = {
      {{0, 10, -1}, Continuity::same, "nothing has come since"},
      {{0, 15, 8}, Continuity::same, "what has come is newer than the mark"},
      {{0, 15, 9}, Continuity::same, "some of it came in the same millisecond"},
      {{10, 10, -1}, Continuity::same, "all that was read is trimmed"},
      {{0, 0, -1}, Continuity::another, "made again, and empty"},
      {{0, 9, 0}, Continuity::another, "made again, and shorter"},
      {{0, 50, 0}, Continuity::another, "made again, and longer"},
      {{0, 50, 7}, Continuity::another, "made again under a clock that was set back a little"},
      {{12, 50, 12}, Continuity::trimmed, "two records went unread"},
      {{12, 12, -1}, Continuity::trimmed, "all went unread"},
  };
  for (const auto& [bounds, continuity, when] : cases) EXPECT_EQ(compare(position, bounds), continuity) << when;
  EXPECT_EQ(compare({}, {0, 50, -1}), Continuity::same) << "nothing was read";
}

}  // namespace
}  // namespace kassaflow::kafka
