// The real BIT driver against the simulated one: each fault ends in the finding that the rules ask for, and the ledger
// agrees (bit-driver.md §7, §8; exactly-once.md 2, 3, 6, 8).

#include <gmock/gmock.h>

#include "world.hpp"

namespace kassaflow::simulation {
namespace {

using Say = BitFault::Say;
using Shape = BitFault::Shape;
using testing::SizeIs;

constexpr const char* kToken = "0123456789abcdef0123456789abcdef";

class BitNodeTest : public testing::Test, protected World {
 protected:
  BitNodeTest() {
    at_.open_shift_by_hand();
    node.add(kToken, at_);
  }
  // A receipt over this sum; the order id is the sum.
  Finding send(std::int64_t kopecks = 45'000) {
    guard_ = CountingGuard();
    return time.run(driver_->send(attempt_of(*driver_, receipt_over(kopecks), std::to_string(kopecks)), guard_));
  }
  Finding send(const BitFault& fault) {
    node.fault([fault](const BitNode::Packet&) { return fault; });
    return send();
  }
  Finding send(const Trouble& trouble) {
    transport.trouble([trouble](const http::Request&) { return trouble; });
    return send();
  }
  Finding report(registers::ShiftCommand command, const std::string& key) {
    AttemptRef attempt;
    attempt.key = key;
    attempt.body = driver_->render_shift(command, registers::tests::till(), key).body;
    return time.run(driver_->send_shift(command, attempt, guard_));
  }
  [[nodiscard]] std::size_t signed_receipts() {
    time.run_out();
    return at_.signed_for("45000").size();
  }

  FiscalRegister at_{time.clock(), "kkt-1"};
  std::unique_ptr<Driver> driver_ = driver_of(bit_document(kToken, at_.registration_number()));
  CountingGuard guard_;
};

TEST_F(BitNodeTest, PrintsAndTellsWhatTheLedgerHas) {
  for (int shape = 0; shape < 8; ++shape) {
    node.fault([shape](const BitNode::Packet&) { return BitFault{.shape = static_cast<Shape>(shape)}; });
    const std::int64_t sum = 45'000 + shape;
    const Finding found = send(sum);
    ASSERT_EQ(found.fact, Fact::printed) << shape << found.text;
    EXPECT_EQ(guard_.armed, 1) << shape;
    EXPECT_EQ(guard_.disarmed, 1) << shape;
    const Document& row = at_.ledger().back();
    EXPECT_EQ(row.content.total_kopecks, sum);
    EXPECT_EQ(row.content.settlement_type, 1);
    ASSERT_THAT(row.content.items, SizeIs(1));
    EXPECT_EQ(row.origin.key, std::to_string(sum));
    Judge judge;
    judge.heard(at_, row.origin.key, found);
    EXPECT_THAT(judge.wrong(), SizeIs(0)) << shape;
    if (static_cast<Shape>(shape) == Shape::no_attributes) continue;
    EXPECT_EQ(found.document->fn, row.fn) << shape;
    EXPECT_EQ(found.document->fd, row.fd) << shape;
    EXPECT_EQ(found.document->fp, row.fp) << shape;
  }
}

TEST_F(BitNodeTest, OpensAndClosesShiftsOnCommand) {
  using registers::ShiftCommand;
  EXPECT_EQ(report(ShiftCommand::open, "1").code, "already_open");
  EXPECT_EQ(report(ShiftCommand::close, "2").document->fd, 2U);
  EXPECT_EQ(report(ShiftCommand::close, "3").code, "already_closed");
  EXPECT_EQ(send().cause, Cause::shift_closed);
  EXPECT_EQ(report(ShiftCommand::open, "4").document->fd, 3U);
  time.run_for(25h);
  EXPECT_EQ(send().cause, Cause::shift_expired);
  EXPECT_EQ(signed_receipts(), 0U);
}

TEST_F(BitNodeTest, ARegisterIsItsToken) {
  FiscalRegister other(time.clock(), "kkt-2");
  other.open_shift_by_hand();
  node.add("other", other);
  driver_ = driver_of(bit_document("other", other.registration_number()));
  EXPECT_EQ(send().fact, Fact::printed);
  EXPECT_THAT(other.signed_for("45000"), SizeIs(1));
  driver_ = driver_of(bit_document("nobody's", ""));
  EXPECT_EQ(send().cause, Cause::register_fault);
  EXPECT_EQ(signed_receipts(), 0U);
}

TEST_F(BitNodeTest, RefusesWhatDoesNotAddUp) {
  AttemptRef attempt = attempt_of(*driver_, receipt_over(45'000), "1");
  for (const auto& [part, by] : {std::pair{"\"ecash_1081\":450.00", "\"ecash_1081\":449.99"},
                                 std::pair{"\"amount_1043\":450.00", "\"amount_1043\":450.02"},
                                 std::pair{"\"receiptType_1054\":1", "\"receiptType_1054\":5"},
                                 std::pair{"\"taxationType_1055\":2", "\"taxationType_1055\":5"}}) {
    AttemptRef wrong = attempt;
    wrong.body.replace(wrong.body.find(part), std::string(part).size(), by);
    const Finding found = time.run(driver_->send(wrong, guard_));
    EXPECT_EQ(found.fact, Fact::not_printed) << by << found.text;
    EXPECT_EQ(found.cause, Cause::data) << by << found.text;
  }
  attempt.body = "[{}]";
  EXPECT_EQ(time.run(driver_->send(attempt, guard_)).cause, Cause::register_fault);
  EXPECT_THAT(at_.ledger(), SizeIs(1));
}

TEST_F(BitNodeTest, WithoutLinkOrPaperTheOutcomeIsOpen) {
  at_.set_paper(false);
  EXPECT_EQ(send().fact, Fact::unknown);
  at_.set_paper(true);
  at_.set_online(false);
  EXPECT_EQ(send().fact, Fact::unknown);
  EXPECT_EQ(signed_receipts(), 0U);
}

TEST_F(BitNodeTest, ATestRegistersDocumentIsNoReceipt) {
  FiscalRegister test(time.clock(), "kkt-t", true);
  test.open_shift_by_hand();
  node.add(kToken, test);
  const Finding found = send();
  EXPECT_EQ(found.fact, Fact::not_printed);
  EXPECT_EQ(found.cause, Cause::test_register);
  EXPECT_TRUE(found.alarm);
}

struct TroubleRow {
  const char* what;
  Trouble trouble;
  Fact fact;
  Cause cause;
  const char* code;
  std::size_t printed;  // in the end
};

TEST_F(BitNodeTest, Rule6_ABrokenConnectionIsCertainOnlyBeforeTheFirstByte) {
  using Connection = Trouble::Connection;
  using Write = Trouble::Write;
  using Answer = Trouble::Answer;
  const TroubleRow rows[] = {
      {"no name", {.connection = Connection::unresolved}, Fact::not_printed, Cause::transient, "dns", 0},
      {"refused", {.connection = Connection::refused}, Fact::not_printed, Cause::transient, "connect", 0},
      {"no answer to the call", {.connecting = 1h}, Fact::not_printed, Cause::transient, "timeout", 0},
      {"broke under the first byte", {.write = Write::nothing}, Fact::not_printed, Cause::transient, "write", 0},
      {"broke within, and did not arrive",
       {.write = Write::part, .arrives = false},
       Fact::unknown,
       Cause::ambiguous,
       "write",
       0},
      {"broke within, and arrived", {.write = Write::part}, Fact::unknown, Cause::ambiguous, "write", 1},
      {"never arrived", {.arrives = false}, Fact::unknown, Cause::ambiguous, "timeout", 0},
      {"arrived after the socket was aborted", {.on_the_way = 4min}, Fact::unknown, Cause::ambiguous, "timeout", 1},
      {"answer lost", {.answer = Answer::closed}, Fact::unknown, Cause::ambiguous, "read", 1},
      {"answer cut before its QR",
       {.answer = Answer::cut, .cut_after = 100},
       Fact::unknown,
       Cause::ambiguous,
       "read",
       1},
      {"answer cut behind its QR", {.answer = Answer::cut, .cut_after = 430}, Fact::printed, Cause::none, "read", 1},
      {"answer garbled at its beginning", {.answer = Answer::garbled}, Fact::printed, Cause::none, "malformed", 1},
      {"silence", {.answer = Answer::silence}, Fact::unknown, Cause::ambiguous, "timeout", 1},
      {"answer late", {.answer_on_the_way = 126s}, Fact::unknown, Cause::ambiguous, "timeout", 1},
      {"answer slow", {.answer_on_the_way = 124s}, Fact::printed, Cause::none, "success", 1},
  };
  for (const TroubleRow& row : rows) {
    FiscalRegister fresh(time.clock(), "kkt-1");
    fresh.open_shift_by_hand();
    node.add(kToken, fresh);
    const Finding found = send(row.trouble);
    time.run_out();
    EXPECT_EQ(found.fact, row.fact) << row.what;
    EXPECT_EQ(found.cause, row.cause) << row.what;
    EXPECT_EQ(found.code, row.code) << row.what;
    EXPECT_EQ(guard_.armed, guard_.disarmed) << row.what;
    EXPECT_EQ(fresh.signed_for("45000").size(), row.printed) << row.what;
  }
}

TEST_F(BitNodeTest, AProbePrintsNothing) {
  EXPECT_TRUE(time.run(driver_->probe()).up);
  transport.trouble([](const http::Request&) { return Trouble{.connecting = 6s}; });
  EXPECT_FALSE(time.run(driver_->probe()).up);
  EXPECT_THAT(at_.ledger(), SizeIs(1));
}

struct SayRow {
  const char* what;
  BitFault fault;
  Fact fact;
  Cause cause;
  bool alarm;
};

TEST_F(BitNodeTest, Rule8_WhatItSaysIsBelievedOnlyWhereItAddsUp) {
  const SayRow rows[] = {
      {"a refusal",
       {.executed = false, .say = Say::error, .text = "Смена превысила 24 часа"},
       Fact::not_printed,
       Cause::shift_expired,
       false},
      {"a refused packet",
       {.executed = false, .say = Say::packet_refused, .text = "Неверный формат json"},
       Fact::not_printed,
       Cause::register_fault,
       false},
      {"paper out behind the storage",
       {.say = Say::error, .text = "Нет бумаги"},
       Fact::unknown,
       Cause::ambiguous,
       false},
      {"paper out before it",
       {.executed = false, .say = Say::error, .text = "Нет бумаги"},
       Fact::unknown,
       Cause::ambiguous,
       false},
      {"nobody's words", {.say = Say::error, .text = "Ктулху"}, Fact::unknown, Cause::ambiguous, true},
      {"refused, and done",
       {.say = Say::refused_yet_done, .text = "Неверный токен"},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"refused, and done in words alone",
       {.say = Say::refused_yet_done, .text = "Неверный токен", .shape = Shape::no_attributes},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"success and error",
       {.say = Say::success_and_error, .text = "Неверный токен"},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"an error beside the document",
       {.say = Say::error_with_document, .text = "Смена закрыта"},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"no status", {.say = Say::neither}, Fact::unknown, Cause::ambiguous, true},
      {"another's entry", {.say = Say::another_command}, Fact::unknown, Cause::ambiguous, true},
      {"two entries", {.say = Say::twice}, Fact::unknown, Cause::ambiguous, true},
      {"a gateway's page", {.say = Say::page, .status = 502}, Fact::unknown, Cause::ambiguous, false},
      {"a page of the route",
       {.executed = false, .say = Say::page, .status = 404},
       Fact::unknown,
       Cause::ambiguous,
       false},
      {"rubbish", {.say = Say::rubbish}, Fact::unknown, Cause::ambiguous, false},
      {"success with HTTP 500", {.status = 500}, Fact::unknown, Cause::ambiguous, true},
  };
  for (const SayRow& row : rows) {
    const Finding found = send(row.fault);
    EXPECT_EQ(found.fact, row.fact) << row.what << found.text;
    EXPECT_EQ(found.cause, row.cause) << row.what;
    EXPECT_EQ(found.alarm, row.alarm) << row.what << " " << found.code << found.text;
  }
}

TEST_F(BitNodeTest, Rule8_AnotherReceiptsDocumentIsSeenByItsSum) {
  node.fault([](const BitNode::Packet& packet) {
    return packet.order_id == "99900" ? BitFault() : BitFault{.executed = false, .say = Say::earlier_document};
  });
  send(99'900);
  const Finding found = send();
  EXPECT_EQ(found.fact, Fact::unknown);
  EXPECT_EQ(found.code, "contradiction");
  EXPECT_TRUE(found.alarm);
  EXPECT_EQ(send(Trouble{.answer = Trouble::Answer::cut, .cut_after = 430}).fact, Fact::unknown) << "also when cut";
}

TEST_F(BitNodeTest, PrintsLateWhenItIsSlow) {
  EXPECT_EQ(send(BitFault{.before_signing = 5min}).fact, Fact::unknown);
  EXPECT_THAT(at_.ledger(), SizeIs(1));
  EXPECT_EQ(signed_receipts(), 1U);
  EXPECT_EQ(time.clock().now() - at_.ledger().back().at, 0s);
}

TEST_F(BitNodeTest, DoesOneThingAtATime) {
  node.fault([](const BitNode::Packet&) { return BitFault{.before_signing = 10s}; });
  std::vector<Clock::duration> took;
  const auto began = time.clock().now();
  const auto one = [&](std::string key) -> boost::asio::awaitable<void> {
    CountingGuard guard;
    const AttemptRef attempt = attempt_of(*driver_, receipt_over(45'000), key);
    EXPECT_EQ((co_await driver_->send(attempt, guard)).fact, Fact::printed);
    took.push_back(time.clock().now() - began);
  };
  boost::asio::co_spawn(time.executor(), one("1"), kRethrow);
  boost::asio::co_spawn(time.executor(), one("2"), kRethrow);
  time.run_out();
  EXPECT_THAT(took, testing::ElementsAre(10s, 20s));
}

TEST_F(BitNodeTest, RepeatsAnOrderUnlessItsDeduplicationIsVerified) {
  send();
  send();
  EXPECT_EQ(signed_receipts(), 2U) << "bit-driver.md §8: assume no protection";
  node.deduplicate(true);
  AttemptRef attempt = attempt_of(*driver_, receipt_over(100), "100");
  const Finding first = time.run(driver_->send(attempt, guard_));
  attempt.repeated = true;
  const Finding again = time.run(driver_->send(attempt, guard_));
  ASSERT_EQ(again.fact, Fact::printed);
  EXPECT_EQ(again.document->fd, first.document->fd);
  EXPECT_THAT(at_.signed_for("100"), SizeIs(1));
}

}  // namespace
}  // namespace kassaflow::simulation
