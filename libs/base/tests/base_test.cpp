#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "kassaflow/base/check.hpp"
#include "kassaflow/base/random.hpp"
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
