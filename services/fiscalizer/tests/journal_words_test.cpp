// What the journal makes of a register's words: they are believed until a number contradicts them (exactly-once.md 6,
// 8), and a receipt that is refused again and again waits for a person.

#include "journal_bench.hpp"

namespace kassaflow::fiscalizer {
namespace {

// The register has told document 100; receipt 2 is next.
class WordsTest : public JournalTest {
 protected:
  WordsTest() {
    take({post(1, 1, 10, "d", 0), post(2, 2, 10, "d", 1), post(3, 3, 10, "d", 2)});
    settle(heard(open(attempt_for(queued().at(0))), Fact::printed, Cause::none, 100));
  }

  std::int64_t open_next(std::int64_t proves = 0) {
    auto attempt = attempt_for(queued().at(0));
    attempt.fn_before = kFn;
    attempt.fd_before = 100;
    attempt.proves = proves;
    return open(attempt);
  }
  // The next receipt is tried, and refused in words.
  std::int64_t refuse_next(Cause cause = Cause::shift_expired, const std::string& words = "Смена превысила 24 часа") {
    const auto attempt = open_next();
    settle(said(attempt, Fact::not_printed, cause, words));
    return attempt;
  }
  static Heard said(std::int64_t attempt, Fact fact, Cause cause, const std::string& words) {
    auto result = heard(attempt, fact, cause);
    result.finding.text = words;
    return result;
  }
  void print_next(std::uint64_t fd) { settle(heard(open_next(), Fact::printed, Cause::none, fd)); }
  // `fd` 0: the register tells no number.
  void report(Kind kind, std::uint64_t fd, const std::string& code = "success") {
    NewAttempt attempt = attempt_for({.id = {}, .tenant = {}, .pool = kPool, .content = ""});
    attempt.kind = kind;
    attempt.fn_before = kFn;
    attempt.fd_before = 100;
    attempt.key = std::to_string(++reports_);
    auto result = heard(open(attempt), Fact::printed, Cause::none, fd);
    result.finding.code = code;
    if (fd == 0) result.finding.document.reset();
    settle(result);
  }
  int reports_ = 0;
  std::string attempt_is(std::int64_t attempt) {
    const auto row = attempt_row(attempt);
    return std::string(to_string(row.outcome)) + "/" + std::string(to_string(row.question));
  }
  void wish_held(const std::string& hold_reason) {
    change(2, [&](auto& row) { row.hold_reason = hold_reason; });
  }
};

TEST_P(WordsTest, ASkippedNumberMakesABelievedRefusalAQuestionAgain) {
  const auto believed = refuse_next();
  EXPECT_EQ(state(2), "queued");
  print_next(102);  // the same receipt: 101 is missing
  EXPECT_EQ(state(2), "done");
  EXPECT_EQ(attempt_is(believed), "unknown/asked");
  EXPECT_NE(error(2).find("№ 102 после № 100"), std::string::npos) << error(2);
  EXPECT_EQ(remember().asked.at(0).id, believed);
}

// A person has said "not printed" of a lost answer before any other document could contradict it.
TEST_P(WordsTest, Rule16_ANumberThatAPersonsDenialSkippedMakesItAQuestionAgain) {
  const auto denied = open_next();
  settle(heard(denied, Fact::unknown, Cause::ambiguous));
  change_attempt(denied, receipts::AttemptOutcome::not_printed, Question::settled);
  change(2, [](auto& row) { row.state = receipts::State::failed; });
  print_next(102);  // receipt 3
  EXPECT_EQ(attempt_is(denied), "unknown/asked");
  EXPECT_EQ(state(2), "uncertain") << "it may not be printed again";
}

TEST_P(WordsTest, Rule16_ANumberThatFollowsConfirmsAPersonsDenial) {
  const auto denied = open_next();
  settle(heard(denied, Fact::unknown, Cause::ambiguous));
  change_attempt(denied, receipts::AttemptOutcome::not_printed, Question::settled);
  change(2, [](auto& row) { row.state = receipts::State::queued; });
  print_next(101);
  EXPECT_EQ(attempt_is(denied), "not_printed/settled");
  EXPECT_EQ(state(2), "done");
}

TEST_P(WordsTest, TheNumberThatFollowsConfirmsTheRefusal) {
  const auto believed = refuse_next();
  print_next(101);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
  EXPECT_EQ(state(2) + error(2), "done");
}

TEST_P(WordsTest, ADoubtedReceiptIsNotPrintedAgainByTheNextInTheQueue) {
  const auto believed = refuse_next(Cause::data);
  EXPECT_EQ(state(2), "failed");
  print_next(102);  // receipt 3
  EXPECT_EQ(state(3), "done");
  EXPECT_EQ(state(2), "uncertain");
  EXPECT_EQ(attempt_is(believed), "unknown/asked");
  EXPECT_TRUE(queued().empty());
}

TEST_P(WordsTest, AShiftReportThatSkipsANumberDoubtsToo) {
  const auto believed = refuse_next(Cause::data);
  report(Kind::close_shift, 102);
  EXPECT_EQ(attempt_is(believed), "unknown/asked");
  EXPECT_EQ(state(2), "uncertain");
}

// A cashier closes the shift in the evening: its report takes a number, and the next receipt is refused for it.
TEST_P(WordsTest, AShiftThatSomebodyElseClosedExplainsOneNumber) {
  const auto believed = refuse_next(Cause::shift_closed, "Смена закрыта");
  report(Kind::open_shift, 102);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
  EXPECT_EQ(state(2), "queued");
}

TEST_P(WordsTest, AShiftThatSomebodyElseClosedExplainsOneNumberAndNotTwo) {
  const auto believed = refuse_next(Cause::shift_closed, "Смена закрыта");
  report(Kind::open_shift, 103);
  EXPECT_EQ(attempt_is(believed), "unknown/asked");
}

TEST_P(WordsTest, AShiftThatWasOpenAfterAllExplainsNothing) {
  const auto believed = refuse_next(Cause::shift_closed, "Смена закрыта");
  report(Kind::open_shift, 0, "already_open");
  print_next(102);
  EXPECT_EQ(attempt_is(believed), "unknown/asked");
}

TEST_P(WordsTest, OwnReportsWithoutANumberExplainTheirNumbers) {
  const auto believed = refuse_next(Cause::shift_expired);
  report(Kind::close_shift, 0);
  report(Kind::open_shift, 0);
  print_next(103);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
  EXPECT_EQ(state(2), "done");
}

TEST_P(WordsTest, NumbersThatAreKnownAsOursSkipNothing) {
  const auto believed = refuse_next();
  transact([&](Transaction& tx) { tx.claim_documents({{kFn, 101, believed, {}}}); });
  print_next(102);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
}

TEST_P(WordsTest, NothingIsDoubtedThatNoWordsWereBelievedFor) {
  auto silent = heard(open_next(), Fact::not_printed, Cause::transient);  // no connection: nothing was sent
  silent.finding.raw_answer.clear();
  settle(silent);
  print_next(102);
  EXPECT_EQ(attempt_is(silent.attempt), "not_printed/");
}

TEST_P(WordsTest, ARegisterThatCanBeAskedIsNotDoubtedForItsNumbers) {
  const auto believed = refuse_next();
  auto printed = heard(open_next(), Fact::printed, Cause::none, 102);
  printed.provable = false;
  settle(printed);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
}

TEST_P(WordsTest, AnotherStorageSaysNothing) {
  const auto believed = refuse_next();
  auto printed = heard(open_next(), Fact::printed, Cause::none, 102);
  printed.finding.document->fn = "7380440800000002";
  settle(printed);
  EXPECT_EQ(attempt_is(believed), "not_printed/");
}

TEST_P(WordsTest, ARefusedReceiptIsHeldAfterAFewTimesAndTheQueueGoesOn) {
  limits_.refusals_before_held = 3;
  for (int i = 0; i < 2; ++i) {
    refuse_next(Cause::register_fault, "Нет лицензии");
    EXPECT_EQ(state(2), "queued");
  }
  refuse_next(Cause::register_fault, "Нет лицензии");
  EXPECT_EQ(state(2), "held");
  EXPECT_EQ(error(2), "Нет лицензии");
  EXPECT_EQ(queued().at(0).id, receipt_id(3));
}

TEST_P(WordsTest, ALinkThatIsDownRefusesNothing) {
  limits_.refusals_before_held = 2;
  refuse_next(Cause::register_fault, "Нет лицензии");
  for (int i = 0; i < 5; ++i) {
    auto silent = heard(open_next(), Fact::not_printed, Cause::transient);
    silent.finding.raw_answer.clear();
    settle(silent);
  }
  EXPECT_EQ(state(2), "queued");
}

TEST_P(WordsTest, ProvedNotPrintedTwiceAfterTheSameWordsItIsHeld) {
  const std::string words = "Не удалось закрыть чек ( 142-ККТ: Нулевой итог чека )";
  std::uint64_t fd = 100;
  const auto lose_and_prove = [&](const std::string& told_words) {
    const auto receipt = queued().at(0);
    auto lost = attempt_for(receipt);
    lost.fn_before = kFn;
    lost.fd_before = fd;
    const auto attempt = open(lost);
    settle(said(attempt, Fact::unknown, Cause::ambiguous, told_words));
    take({post(100 + static_cast<int>(fd), static_cast<int>(fd), 10, "d", static_cast<std::int64_t>(fd))});
    auto probe = attempt_for(queued().at(0));
    probe.proves = attempt;
    settle(heard(open(probe), Fact::printed, Cause::none, ++fd));
  };
  lose_and_prove(words);
  EXPECT_EQ(state(2), "queued");
  lose_and_prove("Другие слова");
  EXPECT_EQ(state(2), "queued") << "other words";
  lose_and_prove(words);
  EXPECT_EQ(state(2), "held");
  EXPECT_NE(error(2).find(words), std::string::npos);
}

TEST_P(WordsTest, ADocumentWithoutLegalForceHoldsTheReceipt) {
  settle(said(open_next(), Fact::not_printed, Cause::test_register, "Касса тестовая"));
  EXPECT_EQ(state(2), "held");
  EXPECT_EQ(error(2), "Касса тестовая");
}

TEST_P(WordsTest, AWantedHoldComesWhenTheAttemptEndsWithoutADocument) {
  const auto attempt = open_next();
  wish_held("проверяем");
  settle(said(attempt, Fact::not_printed, Cause::shift_expired, "Смена превысила 24 часа"));
  EXPECT_EQ(state(2) + "/" + error(2), "held/проверяем");
}

TEST_P(WordsTest, AWantedHoldDoesNotKeepADocumentBack) {
  const auto attempt = open_next();
  wish_held("проверяем");
  settle(heard(attempt, Fact::printed, Cause::none, 101));
  EXPECT_EQ(state(2) + error(2), "done");
}

// A doubted first attempt, and a second that was refused as well: which of them printed, only a person knows.
TEST_P(WordsTest, NothingIsQueuedOrFailedWhileAnotherAttemptIsInQuestion) {
  const auto first = refuse_next();
  const auto second = open_next();
  change_attempt(first, receipts::AttemptOutcome::unknown, Question::asked);
  settle(said(second, Fact::not_printed, Cause::data, "Неверная ставка НДС"));
  EXPECT_EQ(state(2), "uncertain");
  change(2, [](auto& row) { row.state = receipts::State::queued; });
  EXPECT_EQ(open_next(), 0) << "its attempt is not opened either";
  change(2, [](auto& row) { row.state = receipts::State::uncertain; });
  settle(said(first, Fact::not_printed, Cause::shift_expired, "Смена превысила 24 часа"));
  EXPECT_EQ(state(2), "queued") << "the last question was answered";
}

TEST_P(WordsTest, Rule5_TheBytesOfAReceiptThatIsDoneNeverLeaveAgain) {
  const auto attempt = open_next();
  change(2, [](auto& row) { row.state = receipts::State::done; });
  EXPECT_EQ(allow_resend(attempt), 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, WordsTest, kStores, kStoreName);

}  // namespace
}  // namespace kassaflow::fiscalizer
