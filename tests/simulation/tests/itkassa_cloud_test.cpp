// The real itkassa driver against the simulated cloud: each fault ends in the finding that the rules ask for, and what
// was lost is found by its key (itkassa.md §6, §10, §11, §13; exactly-once.md 7, 8).

#include <gmock/gmock.h>

#include "world.hpp"

namespace kassaflow::simulation {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using Operation = ItkassaCloud::Operation;

const std::string kItem = numbered_guid(1);
const std::string kKey = "5f0c6c55-7a52-8c39-8c34-9f6f5f3e2a01";
constexpr std::int64_t kTotal = 45'000;

class ItkassaCloudTest : public testing::Test, protected World {
 protected:
  ItkassaCloudTest() { cloud.add(kApiKey, kItem, at_); }

  Finding send() {
    guard_ = CountingGuard();
    return time.run(driver_->send(attempt_, guard_));
  }
  Finding ask() { return time.run(driver_->ask(attempt_)); }
  void requests(const RequestFault& fault, Operation operation = Operation::post) {
    cloud.request_fault(
        [=](const ItkassaCloud::Visit& visit) { return visit.operation == operation ? fault : RequestFault(); });
  }
  void tasks(const TaskFault& fault) {
    cloud.task_fault([fault](const ItkassaCloud::Job&) { return fault; });
  }
  void connections(const Trouble& trouble) {
    transport.trouble([trouble](const http::Request&) { return trouble; });
  }
  // Another key, so that the next case has a task of its own.
  void next_attempt() {
    const std::string key = numbered_guid(1000 + ++attempts_);
    attempt_ = attempt_of(*driver_, receipt_over(kTotal), key);
  }
  [[nodiscard]] std::size_t printed() {
    time.run_out();
    return at_.signed_for(attempt_.key).size();
  }

  FiscalRegister at_{time.clock(), "kkt-1"};
  std::unique_ptr<Driver> driver_ = driver_of(itkassa_document(kItem));
  AttemptRef attempt_ = attempt_of(*driver_, receipt_over(kTotal), kKey);
  CountingGuard guard_;
  int attempts_ = 0;
};

TEST_F(ItkassaCloudTest, QueuesExecutesAndTellsWhatTheLedgerHas) {
  const Finding posted = send();
  EXPECT_EQ(posted.fact, Fact::pending);
  EXPECT_EQ(guard_.armed, 1);
  EXPECT_EQ(guard_.disarmed, 1);
  EXPECT_FALSE(posted.remote_id.empty());
  attempt_.remote_id = posted.remote_id;
  const Finding found = ask();
  ASSERT_EQ(found.fact, Fact::printed) << found.text;
  const Document& row = at_.ledger().back();
  EXPECT_EQ(row.origin.key, kKey);
  EXPECT_EQ(row.origin.remote_id, posted.remote_id);
  EXPECT_EQ(row.content.total_kopecks, kTotal);
  EXPECT_EQ(found.document->fn, row.fn);
  EXPECT_EQ(found.document->fd, row.fd);
  EXPECT_EQ(found.document->fp, row.fp);
  EXPECT_EQ(found.document->registration_number, at_.registration_number());
  EXPECT_EQ(found.document->printed_at_s, row.printed_at_s);
  EXPECT_EQ(at_.ledger().front().kind, Document::Kind::open_shift) << "the platform opens the shift itself";
}

TEST_F(ItkassaCloudTest, FindsADocumentByItsKeyUnderEitherBase) {
  send();
  EXPECT_EQ(ask().fact, Fact::printed);
  cloud.keys_at_origin(true);
  driver_ = driver_of(itkassa_document(kItem));
  EXPECT_EQ(ask().fact, Fact::printed);
  next_attempt();
  EXPECT_EQ(ask().fact, Fact::absent);
}

TEST_F(ItkassaCloudTest, AShopSeesItsOwnRegistersAndDocuments) {
  FiscalRegister other(time.clock(), "kkt-2");
  cloud.add("another shop", numbered_guid(2), other);
  driver_ = driver_of(itkassa_document(numbered_guid(2)));
  attempt_ = attempt_of(*driver_, receipt_over(kTotal), kKey);
  EXPECT_EQ(send().cause, Cause::register_fault);
  EXPECT_FALSE(time.run(driver_->probe()).up);
  EXPECT_THAT(other.ledger(), SizeIs(0));
}

TEST_F(ItkassaCloudTest, ListsTheRegisterAsItIs) {
  registers::Health health = time.run(driver_->probe());
  EXPECT_TRUE(health.up) << health.detail;
  EXPECT_EQ(health.fn, at_.fn());
  EXPECT_EQ(health.registration_number, at_.registration_number());
  EXPECT_EQ(health.shift, registers::Health::Shift::closed);
  EXPECT_EQ(health.test, false);
  at_.open_shift_by_hand();
  at_.replace_storage();
  at_.open_shift_by_hand();
  time.run_for(25h);
  at_.set_online(false);
  health = time.run(driver_->probe());
  EXPECT_FALSE(health.up);
  EXPECT_EQ(health.fn, at_.fn());
  EXPECT_EQ(health.shift, registers::Health::Shift::expired);
}

TEST_F(ItkassaCloudTest, ATestRegistersDocumentIsNoReceipt) {
  FiscalRegister test(time.clock(), "kkt-t", true);
  cloud.add(kApiKey, kItem, test);
  send();
  EXPECT_EQ(ask().cause, Cause::test_register);
}

TEST_F(ItkassaCloudTest, LeavesShiftsToTheShopWhenItMust) {
  using registers::ShiftCommand;
  cloud.manage_shifts(kItem, false);
  send();
  EXPECT_EQ(ask().cause, Cause::shift_closed);
  AttemptRef report;
  report.key = numbered_guid(7);
  report.body = driver_->render_shift(ShiftCommand::open, registers::tests::till(), report.key).body;
  report.remote_id = time.run(driver_->send_shift(ShiftCommand::open, report, guard_)).remote_id;
  EXPECT_EQ(time.run(driver_->ask(report)).fact, Fact::printed);
  next_attempt();
  send();
  EXPECT_EQ(ask().fact, Fact::printed);
  time.run_for(25h);
  next_attempt();
  send();
  EXPECT_EQ(ask().cause, Cause::shift_expired);
  EXPECT_EQ(printed(), 0U);
}

TEST_F(ItkassaCloudTest, RefusesWhatDoesNotAddUp) {
  for (const auto& [part, by] : {std::pair{R"("amountElectronic":"450.00")", R"("amountElectronic":"449.99")"},
                                 std::pair{R"("tax":"vat_none")", R"("tax":"vat_22")"},
                                 std::pair{R"("isPrintable":false,"sno":"sno_ysn_d","tagCashierName":"Иванова А.А.",)"
                                           R"("tagClientContact":"buyer@example.ru")",
                                           R"("isPrintable":false,"sno":"sno_ysn_d")"}}) {
    next_attempt();
    ASSERT_NE(attempt_.body.find(part), std::string::npos) << attempt_.body;
    attempt_.body.replace(attempt_.body.find(part), std::string(part).size(), by);
    EXPECT_EQ(send().fact, Fact::pending) << by;
    const Finding found = ask();
    EXPECT_EQ(found.fact, Fact::not_printed) << by << found.text;
    EXPECT_EQ(found.cause, Cause::data) << by << found.text;
    EXPECT_EQ(printed(), 0U);
  }
}

TEST_F(ItkassaCloudTest, ComparesAKeyWithThePreviousTaskOnly) {
  const Finding first = send();
  attempt_.repeated = true;
  EXPECT_EQ(send().remote_id, first.remote_id);
  EXPECT_EQ(cloud.tasks_of(kKey), 1U);
  requests({.repeat = RequestFault::Repeat::error});
  const Finding refused = send();
  EXPECT_EQ(refused.fact, Fact::unknown) << "a refused repeat says nothing of the first post";
  requests({.repeat = RequestFault::Repeat::empty_object});
  EXPECT_EQ(send().fact, Fact::unknown);
  EXPECT_EQ(printed(), 1U);
  const AttemptRef before = attempt_;
  next_attempt();
  send();
  attempt_ = before;
  send();
  EXPECT_EQ(printed(), 2U) << "itkassa.md §10: only in a row";
}

struct LostRow {
  const char* what;
  Trouble trouble;
  Fact fact;
  Cause cause;
  Fact asked;  // by key, two seconds later
  std::size_t printed;
};

TEST_F(ItkassaCloudTest, Rule7_ALostAnswerIsFoundByItsKey) {
  using Connection = Trouble::Connection;
  using Write = Trouble::Write;
  using Answer = Trouble::Answer;
  const LostRow rows[] = {
      {"refused", {.connection = Connection::refused}, Fact::not_printed, Cause::transient, Fact::absent, 0},
      {"no TLS", {.connection = Connection::untrusted}, Fact::not_printed, Cause::transient, Fact::absent, 0},
      {"broke under the first byte", {.write = Write::nothing}, Fact::not_printed, Cause::transient, Fact::absent, 0},
      {"broke within", {.write = Write::part, .arrives = false}, Fact::unknown, Cause::ambiguous, Fact::absent, 0},
      {"broke within, and arrived", {.write = Write::part}, Fact::unknown, Cause::ambiguous, Fact::printed, 1},
      {"never arrived", {.arrives = false}, Fact::unknown, Cause::ambiguous, Fact::absent, 0},
      {"arrives after the first question", {.on_the_way = 20s}, Fact::unknown, Cause::ambiguous, Fact::absent, 1},
      {"answer lost", {.answer = Answer::closed}, Fact::unknown, Cause::ambiguous, Fact::printed, 1},
      {"answer cut", {.answer = Answer::cut, .cut_after = 300}, Fact::unknown, Cause::ambiguous, Fact::printed, 1},
      {"silence", {.answer = Answer::silence}, Fact::unknown, Cause::ambiguous, Fact::printed, 1},
      {"answer late", {.answer_on_the_way = 16s}, Fact::unknown, Cause::ambiguous, Fact::printed, 1},
  };
  for (const LostRow& row : rows) {
    next_attempt();
    connections(row.trouble);
    const Finding found = send();
    connections({});
    time.run_for(2s);
    EXPECT_EQ(found.fact, row.fact) << row.what;
    EXPECT_EQ(found.cause, row.cause) << row.what;
    EXPECT_EQ(ask().fact, row.asked) << row.what;
    EXPECT_EQ(printed(), row.printed) << row.what;
    EXPECT_EQ(ask().fact, row.printed == 1 ? Fact::printed : Fact::absent) << row.what;
  }
}

struct RequestRow {
  const char* what;
  RequestFault fault;
  Fact fact;
  Cause cause;
  bool refused;
};

TEST_F(ItkassaCloudTest, Rule8_WhatThePostIsAnsweredProvesOnlyAClosedListOfRefusals) {
  using Say = RequestFault::Say;
  const RequestRow rows[] = {
      {"wrong data",
       {.accepted = false, .say = Say::words, .status = 422, .text = "Поле lines не заполнено"},
       Fact::not_printed,
       Cause::data,
       false},
      {"wrong key",
       {.accepted = false, .say = Say::words, .status = 200, .text = "Неверный ключ API"},
       Fact::not_printed,
       Cause::register_fault,
       false},
      {"nobody's words, accepted",
       {.say = Say::words, .status = 409, .text = "Ктулху"},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"nobody's words, refused",
       {.accepted = false, .say = Say::words, .status = 409, .text = "Ктулху"},
       Fact::unknown,
       Cause::ambiguous,
       true},
      {"a page of 502, accepted", {.say = Say::page, .status = 502}, Fact::unknown, Cause::ambiguous, false},
      {"a page of 502, refused",
       {.accepted = false, .say = Say::page, .status = 502},
       Fact::unknown,
       Cause::ambiguous,
       false},
      {"a page of 403",
       {.accepted = false, .say = Say::page, .status = 403},
       Fact::not_printed,
       Cause::register_fault,
       false},
      {"a refusal with HTTP 503",
       {.say = Say::words, .status = 503, .text = "Неверный ключ API"},
       Fact::unknown,
       Cause::ambiguous,
       false},
      {"an empty object", {.say = Say::empty_object}, Fact::unknown, Cause::ambiguous, false},
      {"rubbish", {.say = Say::rubbish}, Fact::unknown, Cause::ambiguous, false},
      {"somebody else's document", {.say = Say::foreign_document}, Fact::unknown, Cause::ambiguous, false},
  };
  for (const RequestRow& row : rows) {
    next_attempt();
    requests(row.fault);
    const Finding found = send();
    EXPECT_EQ(found.fact, row.fact) << row.what << found.text;
    EXPECT_EQ(found.cause, row.cause) << row.what;
    EXPECT_EQ(found.refused, row.refused) << row.what;
    requests({});
    EXPECT_EQ(ask().fact, row.fault.accepted ? Fact::printed : Fact::absent) << row.what;
  }
}

TEST_F(ItkassaCloudTest, AQuestionThatFailsTeachesNothing) {
  using Say = RequestFault::Say;
  send();
  for (const RequestFault& fault :
       {RequestFault{.say = Say::page, .status = 502}, RequestFault{.say = Say::page, .status = 404},
        RequestFault{.say = Say::rubbish}, RequestFault{.say = Say::words, .status = 401, .text = "Неверный ключ API"},
        RequestFault{.say = Say::foreign_document}}) {
    requests(fault, Operation::by_key);
    EXPECT_EQ(ask().fact, Fact::unknown) << static_cast<int>(fault.say);
  }
  requests({.say = Say::empty_object}, Operation::by_key);
  EXPECT_EQ(ask().fact, Fact::absent);
}

TEST_F(ItkassaCloudTest, TwoTasksOfOneKeyAreAnAlarm) {
  requests({.twice = true});
  attempt_.remote_id = send().remote_id;
  EXPECT_EQ(printed(), 2U) << "the cloud's own deduplication has failed";
  const std::string first = attempt_.remote_id;
  attempt_.remote_id = "aaaaaaaa-0000-4000-8000-000000000002";
  ASSERT_NE(first, attempt_.remote_id);
  EXPECT_EQ(ask().fact, Fact::printed);
  std::vector<Finding> heard;
  cloud.call_back(kApiKey, kCallbackKey, [&](Callback callback) -> boost::asio::awaitable<int> {
    if (const auto found = driver_->read_callback(attempt_, callback.body)) heard.push_back(*found);
    co_return 200;
  });
  tasks({.callbacks = {{.after = 1s}}});
  next_attempt();
  attempt_.remote_id = send().remote_id;
  time.run_out();
  ASSERT_THAT(heard, SizeIs(2));
  EXPECT_EQ(heard[0].fact, Fact::printed);
  EXPECT_EQ(heard[1].code, "duplicate_document");
  EXPECT_TRUE(heard[1].alarm);
}

struct TaskRow {
  const char* what;
  TaskFault fault;
  Fact fact;
  Cause cause;
  const char* code;
  std::size_t printed;
};

TEST_F(ItkassaCloudTest, Rule8_WhatBecameOfATaskIsBelievedOnlyWhereItAddsUp) {
  using Say = TaskFault::Say;
  const TaskRow rows[] = {
      {"a refusal",
       {.executed = false, .say = Say::failure, .code = "68", .text = "[ Sale ] Смена превысила 24 часа"},
       Fact::not_printed,
       Cause::shift_expired,
       "68",
       0},
      {"a refusal without its number's words",
       {.executed = false, .say = Say::failure, .code = "68", .text = "[ Sale ] Ктулху"},
       Fact::unknown,
       Cause::ambiguous,
       "68",
       0},
      {"paper out behind the storage",
       {.say = Say::failure, .code = "44", .text = "[ Sale ] Нет бумаги"},
       Fact::printed,
       Cause::none,
       "44",
       1},
      {"paper out, attributes not yet there",
       {.say = Say::failure, .code = "44", .text = "[ Sale ] Нет бумаги", .withheld = 9},
       Fact::unknown,
       Cause::ambiguous,
       "44",
       1},
      {"paper out before the storage",
       {.executed = false, .say = Say::failure, .code = "44", .text = "Нет бумаги"},
       Fact::unknown,
       Cause::ambiguous,
       "44",
       0},
      {"success with an error, signed",
       {.say = Say::success_with_error, .code = "44", .text = "Нет бумаги"},
       Fact::printed,
       Cause::none,
       "success",
       1},
      {"success with an error, unsigned",
       {.executed = false, .say = Say::success_with_error, .code = "44", .text = "Нет бумаги"},
       Fact::unknown,
       Cause::ambiguous,
       "success_with_error",
       0},
      {"a number without a sign",
       {.say = Say::part_of_document, .code = "68", .text = "Смена превысила 24 часа"},
       Fact::unknown,
       Cause::ambiguous,
       "partial_attributes",
       1},
      {"two results",
       {.say = Say::two_results, .code = "68", .text = "Смена превысила 24 часа"},
       Fact::unknown,
       Cause::ambiguous,
       "contradiction",
       1},
      {"a result that is none", {.say = Say::unknown_result}, Fact::unknown, Cause::ambiguous, "result_unknown", 1},
      {"left the queue", {.say = Say::nothing}, Fact::pending, Cause::none, registers::kLeftQueue, 1},
      {"old state", {.old_state = 9}, Fact::pending, Cause::none, "queued", 1},
      {"success without attributes", {.withheld = 9}, Fact::printed, Cause::none, "success", 1},
      {"in the queue", {.in_queue = 1h}, Fact::pending, Cause::none, "queued", 1},
      {"stuck", {.stuck = true}, Fact::pending, Cause::none, "queued", 0},
  };
  for (const TaskRow& row : rows) {
    next_attempt();
    tasks(row.fault);
    attempt_.remote_id = send().remote_id;
    const Finding found = ask();
    EXPECT_EQ(found.fact, row.fact) << row.what << found.text;
    EXPECT_EQ(found.cause, row.cause) << row.what;
    EXPECT_EQ(found.code, row.code) << row.what;
    EXPECT_EQ(printed(), row.printed) << row.what;
  }
}

TEST_F(ItkassaCloudTest, AttributesAppearWithTime) {
  tasks({.say = TaskFault::Say::failure, .code = "44", .text = "Нет бумаги", .withheld = 2, .old_state = 1});
  attempt_.remote_id = send().remote_id;
  std::vector<Fact> heard;
  for (int i = 0; i < 4; ++i) heard.push_back(ask().fact);
  EXPECT_THAT(heard, ElementsAre(Fact::pending, Fact::unknown, Fact::unknown, Fact::printed));
}

TEST_F(ItkassaCloudTest, AForgottenTaskIsAbsentByKeyAndGoneById) {
  tasks({.forgotten = true});
  const Finding posted = send();
  EXPECT_EQ(ask().fact, Fact::absent);
  attempt_.remote_id = posted.remote_id;
  const Finding gone = ask();
  EXPECT_EQ(gone.fact, Fact::unknown);
  EXPECT_EQ(gone.code, "document_gone");
  EXPECT_TRUE(gone.alarm);
}

TEST_F(ItkassaCloudTest, TheQueueStandsWhileTheRegisterIsOffline) {
  at_.set_online(false);
  send();
  time.run_for(1h);
  EXPECT_EQ(ask().fact, Fact::pending);
  at_.set_online(true);
  EXPECT_EQ(ask().fact, Fact::printed);
  next_attempt();
  tasks({.stuck = true});
  send();
  const AttemptRef stuck = attempt_;
  next_attempt();
  tasks({});
  send();
  EXPECT_EQ(ask().fact, Fact::printed) << "others are executed";
  attempt_ = stuck;
  EXPECT_EQ(ask().fact, Fact::pending);
  cloud.release();
  EXPECT_EQ(ask().fact, Fact::printed);
}

TEST_F(ItkassaCloudTest, CallsBackUntilItIsHeard) {
  const registers::Protocol& protocol = *registers::find_protocol("itkassa");
  v1::Register document = itkassa_document(kItem);
  document.mutable_itkassa()->set_organization_id(cloud.organization_of(kApiKey));
  const auto own = protocol.read(document);
  std::vector<std::string> heard;
  int refuse = 2;
  cloud.call_back(kApiKey, kCallbackKey, [&](Callback callback) -> boost::asio::awaitable<int> {
    const auto header = [&](std::string_view name) -> std::string_view {
      return name == "X-Api-Key" ? std::string_view(callback.api_key) : std::string_view(callback.organization_id);
    };
    if (!protocol.callbacks()->authentic(*own, header)) {
      heard.emplace_back("wrong secret");
      co_return 401;
    }
    if (refuse-- > 0) co_return 503;
    const auto found = driver_->read_callback(attempt_, callback.body);
    heard.push_back(found ? std::string(to_string(found->fact)) + " " + found->code : "not ours");
    co_return 200;
  });
  using Say = CallbackFault::Say;
  tasks({.callbacks = {{.after = 1s},
                       {.after = 1min, .say = Say::queued},
                       {.after = 2min, .say = Say::failure, .code = "44", .text = "Нет бумаги"},
                       {.after = 3min, .say = Say::foreign},
                       {.after = 4min}}});
  const auto began = time.clock().now();
  send();
  time.run_for(30s);
  EXPECT_THAT(heard, ElementsAre("printed success"));
  EXPECT_EQ(time.clock().now() - began, 30s);
  time.run_out();
  EXPECT_THAT(heard, ElementsAre("printed success", "pending queued", "unknown 44", "not ours", "printed success"));

  heard.clear();
  next_attempt();
  tasks({.executed = false,
         .say = TaskFault::Say::nothing,
         .callbacks = {{.say = Say::forged_success, .wrong_secret = true}}});
  send();
  time.run_out();
  EXPECT_THAT(heard, SizeIs(5)) << "it gives up";
  EXPECT_THAT(heard, testing::Each("wrong secret"));
}

TEST_F(ItkassaCloudTest, ACallbackMayComeBeforeTheAnswer) {
  requests({.before_answer = 10s});
  const Finding found = send();
  EXPECT_EQ(found.fact, Fact::printed) << "the answer shows what became of the document meanwhile";
  connections({.answer_on_the_way = 10s});
  requests({});
  next_attempt();
  EXPECT_EQ(send().fact, Fact::pending) << "an old answer";
  EXPECT_EQ(printed(), 1U);
}

}  // namespace
}  // namespace kassaflow::simulation
