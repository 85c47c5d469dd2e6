// Rule 17 on virtual time: a worker whose pool has suspects while one of its registers is silent.

#include <gtest/gtest.h>

#include "journal/store.hpp"
#include "kassaflow/async/pause.hpp"
#include "kassaflow/records/convert.hpp"
#include "kassaflow/v1/records.pb.h"
#include "manual_time.hpp"
#include "memory_lease_store.hpp"
#include "memory_store.hpp"
#include "worker.hpp"

namespace kassaflow::fiscalizer {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using journal::Transaction;
using registers::Cause;
using registers::Fact;
using registers::Finding;

const PoolId kPool("shop");
constexpr int kSuspects = 40;  // more than the dispatcher's window
constexpr int kFresh = 5;
constexpr auto kTimeOut = 15s;  // of a register that is silent

class NothingPublished final : public Published {
 public:
  asio::awaitable<std::optional<std::vector<std::string>>> latest() override { co_return std::vector<std::string>(); }
  asio::awaitable<bool> read(Take) override { co_return true; }
  asio::awaitable<std::vector<kafka::LogEnd>> ends_of_posts() override { co_return std::vector<kafka::LogEnd>(); }
};

class LifeTimerOfNobody final : public LifeTimer {
 public:
  bool arm(async::Clock::duration) override { return true; }
  void disarm() override {}
};

// Prints at once what it is sent, and knows nothing of what it is asked.
struct Till {
  bool silent = false;
  std::vector<std::string> printed;  // keys
};

class TillDriver final : public registers::Driver {
 public:
  TillDriver(async::Clock& clock, Till& till) : clock_(clock), till_(till) {}
  [[nodiscard]] registers::Capabilities capabilities() const override {
    return {.query_by_key = true, .absent_may_be_sent_again = true, .manages_shifts = true};
  }
  [[nodiscard]] Result<registers::Rendered> render(const fiscal::Receipt&, const fiscal::Till&,
                                                   const std::string& key) const override {
    return registers::Rendered{key};
  }
  asio::awaitable<Finding> send(const registers::AttemptRef& attempt, http::WriteGuard&) override {
    co_await async::pause_for(clock_, 1s);
    till_.printed.push_back(attempt.key);
    co_return registers::finding(Fact::printed, Cause::none, "", "");
  }
  asio::awaitable<Finding> ask(const registers::AttemptRef&) override {
    if (till_.silent) {
      co_await async::pause_for(clock_, kTimeOut);
      co_return registers::finding(Fact::unknown, Cause::none, "timeout", "no answer");
    }
    co_return registers::finding(Fact::absent, Cause::none, "", "");
  }
  [[nodiscard]] std::optional<Finding> read_callback(const registers::AttemptRef&, std::string_view) const override {
    return std::nullopt;
  }
  [[nodiscard]] registers::Rendered render_shift(registers::ShiftCommand, const fiscal::Till&,
                                                 const std::string& key) const override {
    return {key};
  }
  asio::awaitable<Finding> send_shift(registers::ShiftCommand, const registers::AttemptRef&,
                                      http::WriteGuard&) override {
    co_return registers::finding(Fact::printed, Cause::none, "", "");
  }
  asio::awaitable<registers::Health> probe() override {
    registers::Health health;
    health.up = !till_.silent;
    co_return health;
  }

 private:
  async::Clock& clock_;
  Till& till_;
};

class SuspectsTest : public testing::Test {
 protected:
  SuspectsTest() {
    const auto snapshot = std::make_shared<configuration::Snapshot>();
    snapshot->revision = 1;
    auto pool = std::make_shared<configuration::Pool>();
    pool->id = kPool;
    pool->tenant = TenantId("acme");
    snapshot->pools.emplace(kPool, pool);
    for (const auto& [id, till] : tills_) {
      auto one = std::make_shared<configuration::Register>();
      one->revision = 1;
      one->pool = kPool;
      one->tenant = pool->tenant;
      one->settings.id = id;
      one->settings.protocol = registers::find_protocol("itkassa");
      one->settings.identity = RegisterIdentity("itkassa:" + id.str());
      snapshot->registers.emplace(id, one);
      snapshot->registers_by_pool[kPool].push_back(one);
    }
    configuration_ = snapshot;
    worker_.start();
    time_.run_for(15s);  // it has its shards
  }
  ~SuspectsTest() override {
    time_.run(worker_.stop());
    time_.run_out();
  }

  static ReceiptId id_of(int number) {
    char text[37];
    std::snprintf(text, sizeof text, "11111111-2222-8333-8444-%012d", number);
    return ReceiptId(text);
  }
  // In that order, behind what is there.
  void queue(int first, int last, bool suspect) {
    fiscal::Receipt receipt;
    receipt.lines.resize(1);
    const auto content = records::to_record(receipt).SerializeAsString();
    memory_.transact([&](Transaction& tx) {
      std::vector<NewReceipt> arrived;
      for (int number = first; number <= last; ++number) {
        auto& [id, unique_id, accepted_at_ms, row] = arrived.emplace_back();
        id = id_of(number);
        unique_id = std::to_string(number);
        row.tenant = TenantId("acme");
        row.installation = InstallationId("acme-main");
        row.pool = kPool;
        row.content = content;
        row.suspect = suspect;
      }
      tx.insert_receipts(arrived);
    });
  }
  int count(int first, int last, receipts::State state) {
    int found = 0;
    memory_.transact([&](Transaction& tx) {
      for (int number = first; number <= last; ++number) {
        if (tx.lock_receipts({id_of(number)}).begin()->second.state == state) ++found;
      }
    });
    return found;
  }

  async::ManualTime time_;
  FiscalizerSettings settings_;
  journal::Memory memory_{time_.clock()};
  journal::MemoryStore store_{time_.clock(), memory_};
  journal::MemoryLeaseStore lease_store_{time_.executor(), time_.clock(), memory_};
  NothingPublished published_;
  std::map<RegisterId, Till> tills_{{RegisterId("kkt-1"), {}}, {RegisterId("kkt-2"), {}}};
  std::shared_ptr<const configuration::Snapshot> configuration_;
  Worker worker_{{.executor = time_.executor(),
                  .clock = time_.clock(),
                  .settings = settings_,
                  .id = WorkerId("a"),
                  .store = store_,
                  .keeper = time_.executor(),
                  .lease_store = lease_store_,
                  .publish = [](const ReceiptId&, std::string) -> asio::awaitable<Result<kafka::Position>> {
                    co_return kafka::Position{};
                  },
                  .published = published_,
                  .configuration = [this] { return configuration_; },
                  .make_driver =
                      [this](const registers::RegisterSettings& one) {
                        return std::make_unique<TillDriver>(time_.clock(), tills_.at(one.id));
                      },
                  .jitter = [] { return 0.5; },
                  .life_timer = [] { return std::make_unique<LifeTimerOfNobody>(); }}};
};

TEST_F(SuspectsTest, Rule17_WhatWasPostedSincePassesSuspectsThatWaitForASilentRegister) {
  auto& silent = tills_.at(RegisterId("kkt-2"));
  silent.silent = true;
  queue(1, kSuspects, true);
  queue(kSuspects + 1, kSuspects + kFresh, false);
  time_.run_for(1min);
  EXPECT_EQ(count(kSuspects + 1, kSuspects + kFresh, receipts::State::done), kFresh) << "by the register that lives";
  time_.run_for(1h);
  EXPECT_EQ(count(1, kSuspects, receipts::State::queued), kSuspects) << "none is printed before both have answered";

  silent.silent = false;
  time_.run_for(10min);
  EXPECT_EQ(count(1, kSuspects, receipts::State::done), kSuspects);
}

// One register alone: it waits for itself.
TEST_F(SuspectsTest, Rule17_ARegisterThatIsSilentItselfIsLeftAloneForAWhile) {
  for (auto& [id, till] : tills_) till.silent = true;
  queue(1, 1, true);
  time_.run_for(1h);
  EXPECT_EQ(count(1, 1, receipts::State::queued), 1);
  for (auto& [id, till] : tills_) till.silent = false;
  time_.run_for(10min);
  EXPECT_EQ(count(1, 1, receipts::State::done), 1);
}

}  // namespace
}  // namespace kassaflow::fiscalizer
