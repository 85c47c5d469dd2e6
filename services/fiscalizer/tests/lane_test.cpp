// The life of a register when it does not do as it should, against the real journal: ends that others heard, shifts
// that lead nowhere, registers that must stand.

#include "lane.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "journal/people.hpp"
#include "journal/postgres_lease_store.hpp"
#include "kassaflow/http/one_shot.hpp"
#include "kassaflow/postgres/database_run.hpp"
#include "kassaflow/v1/registry.pb.h"
#include "scripted_driver.hpp"

namespace kassaflow::fiscalizer {
namespace {

using namespace std::chrono_literals;
using registers::ShiftCommand;

class LaneTest : public PostgresJournalTest {
 protected:
  LaneTest() {
    settings_.durations.at("itkassa_poll") = settings_.durations.at("itkassa_query_delay") = settings::Duration(1);
    settings_.retry_min = settings_.retry_max = settings::Duration(1h);  // a back-off is longer than a test
    settings_.register_health = settings::Duration(1);
    register_->pool = kPool;
    register_->tenant = pool_of_registers_->tenant = TenantId("acme");
    register_->settings.protocol = registers::find_protocol("itkassa");
    register_->settings.identity = RegisterIdentity("bit:1");
    free_shards();
    leases_.on_change([this] { leased_ = true; });
    go(leases_.run());
    until([&] { return leased_; });
    go(dispatcher_.run());
    take({printable(post(1, 1, 10, "d", 0)), printable(post(2, 2, 10, "d", 1))});
  }
  ~LaneTest() override {
    if (lane_) lane_->stop();
    dispatcher_.stop();
    go(leases_.stop());
    io_.run();
  }

  // What the fixture posts has no VAT.
  static kafka::Record printable(kafka::Record record) {
    v1::ReceiptAccepted accepted;
    accepted.ParseFromString(record.value);
    fiscal::Receipt receipt;
    receipt.lines.resize(1);
    *accepted.mutable_receipt() = records::to_record(receipt);
    record.value = accepted.SerializeAsString();
    return record;
  }
  void go(asio::awaitable<void> task) { asio::co_spawn(io_, std::move(task), asio::detached); }
  template <class Condition>
  void until(Condition condition) {
    while (!condition()) io_.run_one();
  }
  void drive() {
    lane_dependencies_.emplace(LaneDependencies{
        .executor = io_.get_executor(),
        .clock = async::machine_clock(),
        .settings = settings_,
        .journal = journal_,
        .dispatcher = dispatcher_,
        .leases = leases_,
        .find_register = [this](const RegisterId&) { return register_; },
        .find_pool = [this](const PoolId&) { return pool_of_registers_; },
        .registers_of_pool = [](const PoolId&) { return std::vector{RegisterId("kkt-1")}; },
        .make_driver = make_driver_,
        .jitter = [] { return 0.5; },
        .doubted = [this](const RegisterId&) { lane_->remember_again(); },
        .attempt_ended =
            [this](const registers::Protocol& protocol, const Finding& finding) {
              EXPECT_EQ(&protocol, register_->settings.protocol);
              ended_.push_back(std::string(to_string(finding.fact)) + " " + std::string(to_string(finding.cause)));
            },
        .probes = probes_});
    lane_.emplace(*lane_dependencies_, *register_->settings.protocol, RegisterId("kkt-1"), kPool,
                  leases_.may_start(receipts::shard_of(kPool)).value());
    go(lane_->run());
    go(lane_->ask_on());
  }
  // As the worker does with a callback.
  void call_back(const Finding& finding) {
    Heard heard;
    heard.attempt = lane_->current_attempt();
    heard.fence = lane_->fence();
    heard.finding = finding;
    const auto settled = settle(heard);
    ASSERT_TRUE(settled.news);
    lane_->ended(heard.attempt, Kind::receipt, finding);
  }
  static Finding refusal(Cause cause, const std::string& words) {
    auto finding = said(Fact::not_printed, "", cause);
    finding.text = words;
    finding.raw_answer = words;
    return finding;
  }
  [[nodiscard]] bool rests(const std::string& why) const { return !lane_->up() && lane_->view().detail == why; }
  // Without a number, as most of what these tests print.
  static Finding printed() {
    auto finding = said(Fact::printed);
    finding.document.reset();
    return finding;
  }

  // Numbers of the receipts of all attempts, as they were begun.
  std::string opened_in_order() {
    return one("select string_agg((case receipt when '" + uuid(1) + "' then 1 else 2 end)::text, ',' order by id)" +
               " from attempts where receipt is not null");
  }

  FiscalizerSettings settings_;
  asio::io_context io_;
  postgres::Database database_{options()};
  journal::PostgresStore store_{database_};
  postgres::Database lease_database_{options()};
  Journal journal_{io_.get_executor(), async::machine_clock(), store_, kWorker, limits_};
  journal::PostgresLeaseStore lease_store_{lease_database_};
  Leases leases_{io_.get_executor(), io_.get_executor(), async::machine_clock(), lease_store_, {kWorker, 10min}};
  bool leased_ = false;
  std::vector<std::string> ended_;  // attempts, by what was told of them
  Dispatcher dispatcher_{io_.get_executor(), async::machine_clock(), journal_};
  ScriptedDriver driver_;
  std::function<std::unique_ptr<registers::Driver>(const registers::RegisterSettings&)> make_driver_ =
      [this](const registers::RegisterSettings&) { return std::make_unique<BorrowedDriver>(driver_); };
  std::shared_ptr<configuration::Register> register_ = std::make_shared<configuration::Register>();
  std::shared_ptr<configuration::Pool> pool_of_registers_ = std::make_shared<configuration::Pool>();
  async::Gate probes_{io_.get_executor(), async::machine_clock(), 1};
  std::optional<LaneDependencies> lane_dependencies_;
  std::optional<Lane> lane_;
};

// It was taken in before the configuration came that says whose the pool is.
TEST_F(LaneTest, I5_AReceiptOfAnotherTenantIsHeldAndPrintedNowhere) {
  auto foreign = printable(post(3, 3, 10, "d", 2));
  v1::ReceiptAccepted accepted;
  accepted.ParseFromString(foreign.value);
  accepted.set_tenant("other");
  accepted.set_installation("other-main");
  foreign.value = accepted.SerializeAsString();
  take({foreign, printable(post(4, 4, 10, "d", 3))});
  driver_.sent = printed();
  drive();
  until([&] { return state(4) == "done"; });
  EXPECT_EQ(state(1) + state(2) + state(3), "donedoneheld");
  EXPECT_EQ(driver_.sends, 3);
  EXPECT_EQ(one("select count(*) from attempts where receipt = '" + uuid(3) + "'"), "0");
}

TEST_F(LaneTest, AnExpiredShiftToldByCallbackIsClosedOnceAndTheReceiptPrintedOnce) {
  driver_.sent = said(Fact::pending, "7");
  driver_.reported = printed();
  driver_.answers.assign(1000, said(Fact::pending, "7"));
  drive();
  until([&] { return driver_.asks > 1; });
  driver_.sent = printed();
  call_back(refusal(Cause::shift_expired, "Смена превысила 24 часа"));
  until([&] { return state(1) == "done" && state(2) == "done" && ended_.size() >= 4; });
  EXPECT_EQ(driver_.reports, std::vector{ShiftCommand::close});
  EXPECT_EQ(driver_.sends, 3) << "refused, printed, and the next receipt";
  EXPECT_EQ(ended_,
            (std::vector<std::string>{"not_printed shift_expired", "printed none", "printed none", "printed none"}))
      << "each attempt once, the report among them";
}

TEST_F(LaneTest, AFullStorageToldByCallbackBacksOff) {
  driver_.sent = said(Fact::pending, "7");
  driver_.answers.assign(1000, said(Fact::pending, "7"));
  drive();
  until([&] { return driver_.asks > 1; });
  call_back(refusal(Cause::register_fault, "Архив ФН переполнен"));
  until([&] { return rests("Архив ФН переполнен"); });
  EXPECT_EQ(lane_->view().down, Down::fault);
  EXPECT_EQ(ended_, std::vector<std::string>{"not_printed register_fault"});
  EXPECT_EQ(driver_.sends, 1);
  EXPECT_EQ(state(1), "queued");
}

TEST_F(LaneTest, ItsViewSaysWhyItIsDownAndWhatItTellsOfItsStorage) {
  using Why = registers::Health::Why;
  driver_.health.up = false;
  driver_.health.why = Why::licence;
  driver_.health.storage = {.ends_at_s = 1'798'761'600, .unsent = 2, .unsent_since_s = 1'772'355'641};
  drive();
  EXPECT_EQ(lane_->view().down, Down::probing);
  until([&] { return lane_->view().down == Down::licence; });
  EXPECT_EQ(lane_->view().storage.ends_at_s, 1'798'761'600);
  EXPECT_EQ(lane_->view().storage.unsent, 2);
  EXPECT_EQ(lane_->view().storage.unsent_since_s, 1'772'355'641);

  driver_.health.why = Why::unreachable;
  driver_.health.storage = {};
  until([&] { return lane_->view().down == Down::unreachable; });
  EXPECT_EQ(lane_->view().storage.ends_at_s, 1'798'761'600) << "a probe that learns nothing takes nothing back";
  EXPECT_EQ(lane_->view().storage.unsent, 2);

  driver_.health.up = true;
  driver_.health.storage.unsent = 0;
  driver_.sent = printed();
  until([&] { return lane_->up(); });
  EXPECT_EQ(lane_->view().storage.unsent, 0);
  EXPECT_EQ(lane_->view().storage.unsent_since_s, std::nullopt);
}

// The quiet time is for the question's sake: once a person has answered it, the queue goes on.
TEST_F(LaneTest, Rule6_TheRestIsOverWhenItsQuestionIsAnswered) {
  register_->settings.protocol = registers::find_protocol("bit");
  driver_.can = {.query_by_key = false, .absent_may_be_sent_again = false, .manages_shifts = true};
  driver_.sent = said(Fact::unknown, "", Cause::ambiguous);
  drive();
  until([&] { return lane_->view().detail == "resting after a lost answer"; });
  driver_.sent = printed();
  ASSERT_TRUE(run([](Transaction& tx) {
    return people::fail_receipt(tx, {receipt_id(1), {"anna@desk", {}, {}}}, "why", true, {.quiet = 150s, .answer = 0s});
  }));
  lane_->remember_again();
  until([&] { return state(2) == "done"; });
  EXPECT_EQ(driver_.sends, 2);
}

// A repeated post whose answer was lost: its first copy is found, the second may still arrive.
TEST_F(LaneTest, Rule7_TheNextReceiptWaitsWhileARepeatMayStillArrive) {
  const settings::Duration grace(20);
  settings_.durations.at("itkassa_repost_grace") = grace;
  driver_.sent = said(Fact::unknown, "", Cause::ambiguous);
  async::Clock::time_point repeated_at;
  async::Clock::time_point next_at;
  driver_.now = [&] {
    if (driver_.sends == 2 && repeated_at == async::Clock::time_point{}) {
      repeated_at = async::machine_clock().now();
      driver_.answers.assign(1, said(Fact::printed));  // the first copy
    }
    if (driver_.sends < 2) driver_.answers.assign(1, said(Fact::absent));
    if (driver_.sends == 3) {
      next_at = async::machine_clock().now();
      driver_.sent = printed();
    }
  };
  drive();
  until([&] { return state(2) == "done"; });
  EXPECT_GE(next_at - repeated_at, grace);
}

// A receipt that may have been sent in a life of the journal that is lost.
TEST_F(LaneTest, Rule17_ASuspectIsAskedForBeforeItIsSent) {
  change(1, [](auto& row) { row.suspect = true; });
  driver_.answers.assign(3, said(Fact::absent));
  driver_.sent = printed();
  drive();
  until([&] { return state(2) == "done"; });
  EXPECT_EQ(state(1), "done");
  EXPECT_EQ(std::pair(driver_.asks, driver_.sends), std::pair(3, 2));
}

TEST_F(LaneTest, Rule17_ASuspectThatItsRegisterKnowsIsNotSent) {
  change(1, [](auto& row) { row.suspect = true; });
  driver_.answers.assign(1000, said(Fact::pending, "7"));
  driver_.answers[0] = said(Fact::absent);  // attempt 1 was never sent
  driver_.answers[2] = said(Fact::printed);
  driver_.sent = printed();
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(driver_.sends, 1) << "the other receipt";
  EXPECT_EQ(receipt(1).attempts, 2U);
}

TEST_F(LaneTest, Rule17_ASuspectThatNobodyCanBeAskedForIsAPersons) {
  register_->settings.protocol = registers::find_protocol("bit");
  driver_.can = {.query_by_key = false, .absent_may_be_sent_again = false, .manages_shifts = true};
  change(1, [](auto& row) { row.suspect = true; });
  driver_.sent = printed();
  drive();
  until([&] { return state(2) == "done"; });
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(driver_.sends, 1) << "the other receipt, at once: there is nothing to rest for";
}

TEST_F(LaneTest, Rule17_ASuspectOfWhichTheAnswerContradictsItselfIsAPersons) {
  change(1, [](auto& row) { row.suspect = true; });
  driver_.answers.assign(3, said(Fact::absent));
  driver_.answers[1] = said(Fact::unknown, "", Cause::ambiguous);
  driver_.sent = printed();
  drive();
  until([&] { return state(2) == "done"; });
  EXPECT_EQ(state(1), "uncertain");
  EXPECT_EQ(driver_.sends, 1) << "the other receipt";
}

// The journal lives another life when the answer comes: it is decided later, by a lane made anew.
TEST_F(LaneTest, Rule17_ALaneWhoseAnswerIsNotDecidedEnds) {
  driver_.sent = printed();
  driver_.now = [this] { under_test_->start_again(); };
  drive();
  until([&] { return lane_->finished(); });
  EXPECT_EQ(state(1), "printing");
  EXPECT_EQ(news().undecided.size(), 1U);
}

TEST_F(LaneTest, ThreeShiftReportsWithoutAReceiptAreEnough) {
  driver_.can = {.query_by_key = false, .absent_may_be_sent_again = false, .manages_shifts = false};
  driver_.sent = refusal(Cause::shift_expired, "Смена превысила 24 часа");
  driver_.reported = printed();
  drive();
  until([&] { return rests("the shift cannot be opened or closed"); });
  EXPECT_EQ(driver_.reports, (std::vector{ShiftCommand::open, ShiftCommand::close, ShiftCommand::open}));
  EXPECT_EQ(driver_.sends, 1);
}

TEST_F(LaneTest, AFaultIsAlarmedOnceAndAnotherOnceMore) {
  settings_.retry_min = settings_.retry_max = settings::Duration(1);
  limits_.refusals_before_held = 1000;
  driver_.sent = refusal(Cause::register_fault, "Нет лицензии");
  driver_.now = [&] {
    if (driver_.sends == 5) driver_.sent = refusal(Cause::register_fault, "Архив ФН переполнен");
  };
  testing::internal::CaptureStderr();
  drive();
  until([&] { return driver_.sends == 10; });
  const auto logged = testing::internal::GetCapturedStderr();
  const auto alarms = [&](const std::string& words) {
    int count = 0;
    for (auto at = logged.find("alarm.register_fault"); at != std::string::npos;
         at = logged.find("alarm.register_fault", at + 1)) {
      count += logged.substr(at, logged.find('\n', at) - at).find(words) != std::string::npos ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(alarms("Нет лицензии"), 1) << logged;
  EXPECT_EQ(alarms("Архив ФН переполнен"), 1) << logged;
}

TEST_F(LaneTest, ARegisterThatPrintsWithoutLegalForceStands) {
  driver_.sent = refusal(Cause::test_register, "Касса тестовая");
  drive();
  until([&] { return rests("Касса тестовая"); });
  EXPECT_EQ(state(1) + "/" + state(2), "held/queued");
  EXPECT_EQ(driver_.sends, 1);
  // Its document was corrected.
  driver_.sent = printed();
  register_ = std::make_shared<configuration::Register>(*register_);
  until([&] { return state(2) == "done"; });
}

TEST_F(LaneTest, Rule11_ARegisterThatNamesAnothersStorageStandsUntilAPersonHasSaidWhoseItIs) {
  const auto say = [&](const std::string& identity) {
    transact([&](Transaction& tx) {
      people::bind_storage(tx, {"anna@desk", {}, {}}, RegisterId("kkt-1"),
                           {kFn, RegisterIdentity(identity), TenantId("acme")});
    });
  };
  say("bit:9");
  driver_.can.query_by_key = false;
  driver_.sent = said(Fact::printed);
  drive();
  const std::string why = "it names FN " + kFn + ", which is not bound to it: a person must say whose it is";
  until([&] { return rests(why) || driver_.sends > 1; });
  ASSERT_EQ(driver_.sends, 1);
  EXPECT_EQ(state(1) + "/" + state(2), "uncertain/queued");
  say("bit:1");
  until([&] { return state(2) == "done"; });
}

TEST_F(LaneTest, Rule9_ARegisterThatNobodyCanTellFromOthersStands) {
  register_->settings.identity = {};
  drive();
  until([&] { return rests("its document does not say which physical register it is"); });
  EXPECT_EQ(driver_.sends, 0);
  register_ = std::make_shared<configuration::Register>(*register_);
  register_->settings.identity = RegisterIdentity("bit:1");
  driver_.sent = printed();
  until([&] { return state(2) == "done"; });
}

TEST_F(LaneTest, WhatIsInForceCountsForTheNextReceiptOfALaneThatWaits) {
  settings_.register_health = settings::Duration(1h);  // it waits for the next receipt, and for nothing else
  driver_.sent = printed();
  drive();
  until([&] { return state(2) == "done" && lane_->current_attempt() == 0; });  // it waits in the dispatcher
  register_ = std::make_shared<configuration::Register>(*register_);
  register_->retired = true;
  take({printable(post(3, 3, 10, "d", 2))});
  dispatcher_.kick();
  until([&] { return rests("it is being deleted"); });
  EXPECT_EQ(driver_.sends, 2);
  EXPECT_EQ(state(3), "queued");
}

TEST_F(LaneTest, NothingIsPrintedOnARegisterThatSaysItIsNotWhatItsDocumentSays) {
  driver_.sent = printed();
  driver_.health.test = true;
  drive();
  until([&] { return rests("a test register, and its document does not say test: true"); });
  EXPECT_EQ(driver_.sends, 0);
  driver_.health.test = false;  // it was registered meanwhile
  until([&] { return state(2) == "done"; });
}

TEST_F(LaneTest, WhatEndedUncertainIsAskedOnWhileTheLanePrints) {
  driver_.sent = said(Fact::pending, "7");
  driver_.now = [&] {
    if (driver_.asks == 0) return;
    driver_.sent = printed();  // from now on; to questions, once the second receipt has been sent
    if (driver_.answers.empty()) {
      driver_.answers = {driver_.sends == 2 ? said(Fact::printed) : said(Fact::unknown, "", Cause::ambiguous)};
    }
  };
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(driver_.sends, 2);
}

// I8: in order. What was taken from the queue and not begun is at the head of it still.
TEST_F(LaneTest, AReceiptPostedAgainWhileItIsTakenKeepsItsPlace) {
  driver_.sent = printed();
  driver_.rendering = [this] {
    driver_.rendering = [] {};
    take({printable(post(1, 3, 10, "d", 2))});  // another revision than the one that was taken
  };
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(opened_in_order(), "1,2");
}

TEST_F(LaneTest, TheReceiptThatTheShiftIsOpenedForIsTheNext) {
  driver_.can = {.query_by_key = false, .absent_may_be_sent_again = false, .manages_shifts = false};
  driver_.sent = driver_.reported = printed();
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(driver_.reports, std::vector{ShiftCommand::open});
  EXPECT_EQ(opened_in_order(), "1,2");
}

// From the decision to start until the attempt has ended: the journal may take its time, and so may the register.
TEST_F(LaneTest, Rule4_AShardIsNotReleasedBetweenTheDecisionToStartAndTheEnd) {
  const auto shard = receipts::shard_of(kPool);
  leases_.busy_when([this, shard] { return lane_->busy() ? std::set{shard} : std::set<int>(); });
  const auto holder = [&] {
    return one("select coalesce(worker, '') from shards where shard = " + std::to_string(shard));
  };
  std::string holder_when_sent;
  driver_.sent = printed();
  driver_.now = [&] { holder_when_sent = holder(); };
  // Other work of the journal stands in front of the attempt that is about to be opened.
  driver_.rendering = [this] {
    go([](postgres::Database& database) -> asio::awaitable<void> {
      co_await database.run([](pqxx::work& work) { return work.exec("select pg_advisory_xact_lock(1)").size(); });
    }(database_));
  };
  exec("select pg_advisory_lock(1)");
  drive();
  until([&] {
    return one("select count(*) from pg_stat_activity where application_name = 'test' and wait_event_type = 'Lock'") ==
           "1";
  });
  EXPECT_TRUE(lane_->busy());
  lane_->stop();
  leases_.leave();
  until([&] { return std::stoi(one("select count(*) from shards where worker is not null")) <= 1; });
  EXPECT_EQ(holder(), kWorker.str());
  EXPECT_TRUE(leases_.holds(lane_->fence()));
  exec("select pg_advisory_unlock(1)");
  until([&] { return lane_->finished(); });
  EXPECT_FALSE(lane_->busy());
  EXPECT_EQ(driver_.sends, 1);
  EXPECT_EQ(holder_when_sent, kWorker.str());
  EXPECT_EQ(state(1), "done") << "decided under the epoch it was started under";
}

// A register that keeps nothing: its numbers are the journal's.
class VirtualLaneTest : public LaneTest {
 protected:
  VirtualLaneTest() {
    v1::Register document;
    document.set_id("kkt-1");
    document.mutable_virtual_();
    document.set_test(true);
    register_->settings = registers::read_settings(document).value();
    make_driver_ = [this](const registers::RegisterSettings& settings) {
      return settings.protocol->make_driver(settings, settings_.durations, network_, async::machine_clock());
    };
  }
  void restart() {
    lane_->stop();
    until([&] { return lane_->finished(); });
    drive();
  }
  std::string numbers() { return one("select string_agg(fd::text, ',' order by fd) from documents"); }

  http::Network network_{{}};  // nothing is sent
};

TEST_F(VirtualLaneTest, NumbersWithoutGapsAlsoAfterARestart) {
  const auto tests = std::make_shared<std::vector<bool>>();  // the journal tells the end after it has stored it
  journal_.on_finished([tests](const Finished& finished) { tests->push_back(finished.test); });
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  restart();
  take({printable(post(3, 3, 10, "d", 2))});
  dispatcher_.kick();
  until([&] { return state(3) == "done" && tests->size() == 3; });
  EXPECT_EQ(numbers(), "1,2,3");
  EXPECT_EQ(one("select count(distinct fn) || ' ' || min(left(fn, 4)) from documents"), "1 0000");
  EXPECT_EQ(*tests, std::vector({true, true, true})) << "each is counted as a test";
}

TEST_F(VirtualLaneTest, Rule7_WhatWasPrintedAndNotSettledIsTheSameDocumentAgain) {
  NewAttempt attempt = attempt_for(queued().at(0), register_->settings.identity.str());
  attempt.fence = leases_.may_start(receipts::shard_of(kPool)).value();
  ASSERT_NE(open(attempt), 0);
  // A worker that is gone since had it printed.
  http::NoGuard guard;
  registers::AttemptRef sent;
  sent.key = attempt.key;
  const auto gone = make_driver_(register_->settings);
  auto before = asio::co_spawn(io_, gone->send(sent, guard), asio::use_future);
  until([&] { return before.wait_for(0s) == std::future_status::ready; });
  const auto lost = before.get().document.value();
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(numbers(), "1,2");
  EXPECT_EQ(one("select fd from documents where receipt = '" + uuid(1) + "'"), std::to_string(lost.fd));
  EXPECT_EQ(one("select fn from documents where receipt = '" + uuid(1) + "'"), lost.fn);
  EXPECT_EQ(one("select max(sends) from attempts where receipt = '" + uuid(1) + "'"), "2");
}

TEST_F(VirtualLaneTest, AReceiptWaitsForItsDelayAndTheQueueForIt) {
  v1::Register document;
  document.set_id("kkt-1");
  document.set_test(true);
  document.mutable_virtual_()->set_delay_ms("1");
  register_->settings = registers::read_settings(document).value();
  drive();
  until([&] { return state(1) == "done" && state(2) == "done"; });
  EXPECT_EQ(numbers(), "1,2");
}

}  // namespace
}  // namespace kassaflow::fiscalizer
