// The register and its ledger: what every judgement rests on.

#include "registers/fiscal_register.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "manual_clock.hpp"

namespace kassaflow::simulation {
namespace {

using namespace std::chrono_literals;
using Shift = FiscalRegister::Shift;
using testing::MatchesRegex;
using testing::SizeIs;

class FiscalRegisterTest : public testing::Test {
 protected:
  async::ManualClock clock_;
  FiscalRegister at_{clock_, "kkt-1"};
};

TEST_F(FiscalRegisterTest, NumbersWhateverItSignsWithoutGaps) {
  at_.open_shift_by_hand();
  ASSERT_TRUE(at_.print({1, 100, {}}, {"a", ""}));
  at_.print_by_hand(200);
  ASSERT_TRUE(at_.close_shift({"b", ""}));
  ASSERT_THAT(at_.ledger(), SizeIs(4));
  for (std::size_t i = 0; i < at_.ledger().size(); ++i) {
    const Document& row = at_.ledger()[i];
    EXPECT_EQ(row.fd, i + 1);
    EXPECT_THAT(row.fn, MatchesRegex("7380440[0-9]{9}"));
    EXPECT_THAT(row.fp, MatchesRegex("[0-9]{10}"));
    EXPECT_EQ(at_.find(row.fn, row.fd), &row);
  }
  EXPECT_THAT(at_.signed_for("a"), SizeIs(1));
  EXPECT_EQ(at_.signed_for("a").front()->content.total_kopecks, 100);
  EXPECT_THAT(at_.signed_for(""), SizeIs(0)) << "a cashier has no key";
  EXPECT_EQ(at_.find(at_.fn(), 5), nullptr);
}

TEST_F(FiscalRegisterTest, ShowsTheSumAndItsOwnNumbersInTheQr) {
  clock_.set_unix_s(1'772'355'641);  // 2026-03-01 12:00:41 in Moscow
  at_.print_by_hand(123'405);
  const Document& row = at_.ledger().back();
  EXPECT_EQ(row.qr, "t=20260301T120041&s=1234.05&fn=" + row.fn + "&i=2&fp=" + row.fp + "&n=1");
}

TEST_F(FiscalRegisterTest, PrintsOnlyInAShiftOfAtMostADay) {
  EXPECT_EQ(at_.print({}, {"a", ""}).error(), Shift::closed);
  EXPECT_EQ(at_.close_shift({}).error(), Shift::closed);
  ASSERT_TRUE(at_.open_shift({}));
  EXPECT_EQ(at_.open_shift({}).error(), Shift::open);
  clock_.advance(24h);
  EXPECT_TRUE(at_.print({}, {"a", ""}));
  clock_.advance(1ms);
  EXPECT_EQ(at_.shift(), Shift::expired);
  EXPECT_EQ(at_.print({}, {"b", ""}).error(), Shift::expired);
  at_.print_by_hand(1);  // the cashier closes and opens it
  EXPECT_EQ(at_.shift_number(), 2U);
  EXPECT_EQ(at_.ledger().back().receipt_number, 1U);
  EXPECT_THAT(at_.signed_for("b"), SizeIs(0));
}

TEST_F(FiscalRegisterTest, ANewStorageBeginsWithOne) {
  at_.print_by_hand(1);
  const std::string before = at_.fn();
  at_.replace_storage();
  EXPECT_NE(at_.fn(), before);
  EXPECT_EQ(at_.ledger().back().kind, Document::Kind::close_shift) << "as the law wants";
  at_.print_by_hand(2);
  EXPECT_EQ(at_.last_fd(), 2U);
  EXPECT_EQ(at_.find(before, 2)->content.total_kopecks, 1);
  EXPECT_EQ(at_.find(at_.fn(), 2)->content.total_kopecks, 2);
}

TEST_F(FiscalRegisterTest, TellsWhenItsLinkIsBack) {
  int told = 0;
  at_.when_online([&] { ++told; });
  at_.set_online(true);
  at_.set_online(false);
  EXPECT_EQ(told, 0);
  at_.set_online(true);
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace kassaflow::simulation
