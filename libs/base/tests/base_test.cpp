#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>

#include "kassaflow/base/check.hpp"
#include "kassaflow/base/random.hpp"
#include "kassaflow/base/report.hpp"
#include "kassaflow/base/result.hpp"
#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/base/sha256.hpp"

namespace kassaflow {
namespace {

std::string hex(const Sha256& digest) {
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 0x0F];
  }
  return text;
}

// FIPS 180-4, examples of NIST.
TEST(Sha256, IsTheStandards) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(RandomBytes, NeverComeTwiceNorFromTwoThreads) {
  std::set<std::array<unsigned char, 16>> seen;
  constexpr int kDraws = 1000;  // more than one draw from libcrypto
  for (int i = 0; i < kDraws; ++i) seen.insert(random_bytes());
  std::thread([&] {
    for (int i = 0; i < kDraws; ++i) seen.insert(random_bytes());
  }).join();
  EXPECT_EQ(seen.size(), 2U * kDraws);
}

constexpr ErrorKind kAway{"test.away", "start it"};
constexpr ErrorKind kOdd{"odd"};

static_assert(!std::is_constructible_v<ErrorCode, const char*>);
static_assert(!std::is_constructible_v<ErrorCode, std::string_view>);
static_assert(!std::is_constructible_v<ErrorCode, ErrorKind>, "one that dies");
template <class Other>
concept ComparableWith = requires(ErrorCode code, Other other) { code == other; };
static_assert(ComparableWith<const ErrorKind&> && !ComparableWith<const char*> && !ComparableWith<std::string>);

TEST(Errors, AreComparedByKind) {
  const Result<int> failed = fail(kAway, "nobody answers");
  EXPECT_TRUE(failed.error().code == kAway);
  EXPECT_FALSE(failed.error().code == kOdd);
  EXPECT_EQ(testing::PrintToString(failed.error().code), "test.away");
}

TEST(Errors, TellTheOperatorTheWayOutWhereThereIsOne) {
  EXPECT_EQ(explained({kAway, "nobody answers"}), "nobody answers; start it");
  EXPECT_EQ(explained({kOdd, "7 is odd"}), "7 is odd");
}

TEST(Errors, AreLinesOfTheLog) {
  testing::internal::CaptureStderr();
  report(log::Level::warn, "a.b", {kAway, "nobody answers"}, {{"receipt", "r"}});
  report(log::Level::warn, "a.b", {kOdd, "7 is odd"});
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_NE(lines.find(R"("receipt":"r","code":"test.away","error":"nobody answers","way_out":"start it"})"),
            std::string::npos)
      << lines;
  EXPECT_NE(lines.find(R"("event":"a.b","code":"odd","error":"7 is odd"})"), std::string::npos) << lines;
}

TEST(CheckDeathTest, EndsTheProcessWithALineThatNamesConditionAndPlace) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  check(true, "one is one");
  EXPECT_EXIT(
      check(false, "an answer for each request"), testing::KilledBySignal(SIGABRT),
      R"("event":"check.failed","condition":"an answer for each request","file":".*base_test.cpp","line":[0-9]+)");
  EXPECT_EXIT(never(), testing::KilledBySignal(SIGABRT), "check.failed.*never reached.*base_test.cpp");
}

TEST(WhatOf, SaysTheTextOfAnException) {
  EXPECT_EQ(what_of(std::make_exception_ptr(std::logic_error("a bug"))), "a bug");
  EXPECT_EQ(what_of(std::make_exception_ptr(7)), "not a std::exception");
}

}  // namespace
}  // namespace kassaflow
