// Rule 17 on virtual time: when a journal is compared, taken back and opened.

#include "recovery.hpp"

#include <gtest/gtest.h>

#include "kassaflow/base/rethrow.hpp"
#include "kassaflow/receipts/id.hpp"
#include "kassaflow/records/topics.hpp"
#include "kassaflow/v1/records.pb.h"
#include "manual_time.hpp"
#include "memory_lease_store.hpp"
#include "memory_store.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using journal::Transaction;

constexpr auto kLateBytes = 150s;
const std::string kReceipt = "11111111-2222-8333-8444-000000000001";

class PublishedInMemory final : public Published {
 public:
  bool away = false;
  std::vector<std::string> outcomes;
  std::vector<kafka::LogEnd> ends{{records::kReceiptsTopic, 0, 0}};
  int reads = 0;

  asio::awaitable<std::optional<std::vector<std::string>>> latest() override {
    if (away) co_return std::nullopt;
    co_return outcomes;
  }
  asio::awaitable<bool> read(Take take) override {
    ++reads;
    if (away) co_return false;
    co_return co_await take(outcomes);
  }
  asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts(kafka::ReadPositions) override {
    co_return away ? std::vector<kafka::LogEnd>() : ends;
  }
};

class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() {
    asio::co_spawn(time_.executor(), leases_.run(), kRethrow);
    asio::co_spawn(time_.executor(), recovery_.run(), kRethrow);
    time_.run_for(5s);
  }
  ~RecoveryTest() override {
    recovery_.stop();
    time_.run(leases_.stop());
    time_.run_out();
  }

  // Of a receipt that is done.
  void publish(std::uint64_t revision) {
    v1::ReceiptOutcome record;
    record.set_receipt_id(kReceipt);
    record.set_revision(revision);
    record.set_state(v1::RECEIPT_STATE_DONE);
    record.set_generation(1);
    record.set_tenant("acme");
    record.set_installation("acme-main");
    record.set_pool("shop");
    published_.outcomes.push_back(record.SerializeAsString());
  }
  std::string state() {
    std::string state = "missing";
    memory_.transact([&](Transaction& tx) {
      for (const auto& [id, row] : tx.lock_receipts({ReceiptId(kReceipt)})) state = to_string(row.state);
    });
    return state;
  }
  [[nodiscard]] bool may_start() const { return leases_.may_start(0).has_value(); }

  async::ManualTime time_;
  journal::Memory memory_{time_.clock()};
  journal::MemoryStore store_{time_.clock(), memory_};
  journal::MemoryLeaseStore lease_store_{time_.executor(), time_.clock(), memory_};
  Leases leases_{time_.executor(), time_.executor(), time_.clock(), lease_store_, {WorkerId("a"), 10s}};
  PublishedInMemory published_;
  int opened_ = 0;
  Recovery recovery_{{.executor = time_.executor(),
                      .clock = time_.clock(),
                      .store = store_,
                      .leases = leases_,
                      .published = published_,
                      .late_bytes = kLateBytes,
                      .configuration = [] { return std::make_shared<const configuration::Snapshot>(); },
                      .find_register = [](const RegisterId&) { return std::nullopt; },
                      .opened = [this] { ++opened_; }}};
};

TEST_F(RecoveryTest, Rule17_ANewLifeIsComparedAndOpened) {
  ASSERT_TRUE(may_start());
  memory_.start_again();
  time_.run_for(5s);
  EXPECT_TRUE(may_start());
  EXPECT_EQ(recovery_.stage(), Stage::open);
  EXPECT_EQ(published_.reads, 0);
}

TEST_F(RecoveryTest, Rule17_NothingStartsInANewLifeWhileKafkaIsAway) {
  published_.away = true;
  memory_.start_again();
  time_.run_for(10min);
  EXPECT_FALSE(may_start());
  published_.away = false;
  time_.run_for(5s);
  EXPECT_TRUE(may_start());
}

TEST_F(RecoveryTest, Rule17_AJournalThatIsBehindIsTakenBackAfterLateBytesAndOpened) {
  publish(3);
  memory_.start_again();
  time_.run_for(kLateBytes - 5s);
  EXPECT_EQ(recovery_.stage(), Stage::taking_back);
  EXPECT_EQ(published_.reads, 0) << "publications of the life that is lost may be under way";
  EXPECT_FALSE(may_start());
  time_.run_for(20s);
  EXPECT_EQ(state(), "done");
  EXPECT_EQ(recovery_.stage(), Stage::open);
  EXPECT_TRUE(may_start());
  EXPECT_GE(opened_, 2);
}

TEST_F(RecoveryTest, Rule18_AnOutcomeThatTheStoreRefusesIsLeftOutAndTheOthersAreTakenBack) {
  publish(3);
  published_.outcomes.insert(published_.outcomes.begin(), "\xff");
  v1::ReceiptOutcome refused;
  refused.ParseFromString(published_.outcomes.back());
  refused.set_receipt_id("11111111-2222-8333-8444-000000000002");
  refused.set_unique_id("13");
  published_.outcomes.insert(published_.outcomes.begin(), refused.SerializeAsString());
  memory_.refuse_receipts([](const auto& unique_id, auto) { return unique_id == "13"; });
  memory_.start_again();
  time_.run_for(kLateBytes + 15s);
  EXPECT_EQ(state(), "done");
  EXPECT_EQ(recovery_.stage(), Stage::open);
}

TEST_F(RecoveryTest, Rule17_ItIsNotOpenedBeforeTheLostPostsAreRead) {
  publish(3);
  published_.ends = {{records::kReceiptsTopic, 0, 7}};
  memory_.start_again();
  time_.run_for(10min);
  EXPECT_EQ(recovery_.stage(), Stage::reading_posts);
  EXPECT_FALSE(may_start());
  memory_.transact([](Transaction& tx) {
    kafka::Record last;
    last.topic = records::kReceiptsTopic;
    last.offset = 6;
    tx.store_positions(kafka::after(std::vector{last}));
  });
  time_.run_for(5s);
  EXPECT_TRUE(may_start());
}

TEST_F(RecoveryTest, Rule18_OfATopicThatWasMadeAgainTheNewEndIsToBeReached) {
  publish(3);
  const auto read_up_to = [this](std::int64_t next_offset, std::int64_t log) {
    kafka::Record last;
    last.topic = records::kReceiptsTopic;
    last.offset = next_offset - 1;
    last.log = log;
    memory_.transact([&](Transaction& tx) { tx.store_positions(kafka::after(std::vector{last})); });
  };
  published_.ends = {{records::kReceiptsTopic, 0, 7}};
  memory_.start_again();
  time_.run_for(10min);
  published_.ends = {{records::kReceiptsTopic, 0, 9, 1}};
  read_up_to(8, 1);
  time_.run_for(10min);
  EXPECT_EQ(recovery_.stage(), Stage::reading_posts) << "7 was the end of the log that is gone";
  read_up_to(9, 1);
  time_.run_for(5s);
  EXPECT_TRUE(may_start());
}

TEST_F(RecoveryTest, Rule18_EndsThatDidNotFitWhatIsReadAreAskedAgain) {
  publish(3);
  published_.ends = {{records::kReceiptsTopic, 0, 0, 0, kafka::Continuity::trimmed}};
  memory_.start_again();
  time_.run_for(10min);
  EXPECT_EQ(recovery_.stage(), Stage::reading_posts);
  published_.ends[0].continuity = kafka::Continuity::same;
  time_.run_for(5s);
  EXPECT_TRUE(may_start());
}

TEST_F(RecoveryTest, Rule17_OnlyTheHolderOfTheFirstShardTakesBack) {
  publish(3);
  for (auto& row : lease_store_.shards()) {
    if (row.shard == 0) row.worker = WorkerId("b");
  }
  lease_store_.set(WorkerRow{WorkerId("b"), 1});
  memory_.start_again();
  for (int i = 0; i < 300; ++i) {
    lease_store_.set(WorkerRow{WorkerId("b"), 2 + i});  // it is alive
    time_.run_for(2s);
  }
  EXPECT_EQ(recovery_.stage(), Stage::taking_back);
  EXPECT_EQ(published_.reads, 0);
}

TEST_F(RecoveryTest, Rule17_AJournalIsComparedWhenAWorkerBeginsAlthoughItIsOpen) {
  publish(3);
  Recovery another{{.executor = time_.executor(),
                    .clock = time_.clock(),
                    .store = store_,
                    .leases = leases_,
                    .published = published_,
                    .late_bytes = kLateBytes,
                    .configuration = [] { return std::make_shared<const configuration::Snapshot>(); },
                    .find_register = [](const RegisterId&) { return std::nullopt; },
                    .opened = [] {}}};
  asio::co_spawn(time_.executor(), another.run(), kRethrow);
  time_.run_for(2s);
  EXPECT_EQ(another.stage(), Stage::taking_back);
  another.stop();
  time_.run_for(1s);
}

TEST_F(RecoveryTest, Rule17_AStandbyIsRememberedForTheFailover) {
  memory_.have_standby(true);
  time_.run_for(3s);
  EXPECT_TRUE(recovery_.durability().standby_in_sync);
  memory_.have_standby(false);
  memory_.fail_over();
  time_.run_for(3s);
  EXPECT_EQ(recovery_.stage(), Stage::open);
  EXPECT_FALSE(recovery_.durability().standby_in_sync);
  memory_.fail_over();
  time_.run_for(3s);
  EXPECT_EQ(recovery_.stage(), Stage::taking_back) << "the new one has none";
}

}  // namespace
}  // namespace kassaflow::fiscalizer
