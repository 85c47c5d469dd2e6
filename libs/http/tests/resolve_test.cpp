// Names whose look-ups hang, fail and change, against a name server and a clock of the test's own.

#include "../src/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/error.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include "io_thread.hpp"

namespace kassaflow::http::tests {
namespace {

using namespace std::chrono_literals;
using Clock = Names::Clock;
using LookedUp = Result<Addresses, error_code>;

constexpr auto kNever = 10min;  // a limit that must not be what ends the test

// Says 8.8.8.8 unless it was told otherwise. Names that it keeps silent about wait until it speaks again.
class NameServer {
 public:
  LookedUp answer(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++asked_[name];
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !silent_ || !silent_(name); });
    --waiting_;
    changed_.notify_all();
    return says_.contains(name) ? says_.at(name) : made("8.8.8.8");
  }
  static LookedUp made(const char* address) { return Addresses{asio::ip::make_address(address)}; }

  void say(const std::string& name, LookedUp answer) {
    const std::lock_guard lock(mutex_);
    says_.insert_or_assign(name, std::move(answer));
  }
  void keep_silent(std::function<bool(const std::string& name)> about) {
    const std::lock_guard lock(mutex_);
    silent_ = std::move(about);
    changed_.notify_all();
  }
  int asked(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return asked_[name];
  }
  [[nodiscard]] bool until_waiting(int count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kHang, [&] { return waiting_ == count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<bool(const std::string&)> silent_;
  std::map<std::string, LookedUp> says_;
  std::map<std::string, int> asked_;
  int waiting_ = 0;
};

bool is_dead(const std::string& name) { return name.starts_with("dead"); }

class Resolve : public ::testing::Test {
 protected:
  ~Resolve() override {
    server_->keep_silent({});
    io_.stop();
  }

  std::future<Result<Addresses, std::string>> start(const std::string& name, const char* tenant = "acme") {
    return io_.start(names_.find(name, TenantId(tenant), Clock::now() + kNever));
  }
  std::string find(const std::string& name, const char* tenant = "acme") { return text(io_.wait(start(name, tenant))); }
  // What it knows at once, "late" where it must be waited for.
  std::string known(const std::string& name) {
    return text(io_.run(names_.find(name, TenantId("acme"), Clock::now() - 1s)));
  }
  static std::string text(const Result<Addresses, std::string>& found) {
    if (!found) return found.error() == "the name was not resolved in time" ? "late" : found.error();
    std::string all;
    for (const auto& address : *found) all += (all.empty() ? "" : " ") + address.to_string();
    return all;
  }
  // Waits until what is looked up in the background is known.
  void becomes(const std::string& name, const std::string& what) {
    const auto until = Clock::now() + kHang;
    while (known(name) != what && Clock::now() < until) std::this_thread::yield();
    EXPECT_EQ(known(name), what);
  }
  void have_dead_names(int count, const char* tenant) {
    for (int i = 0; i < count; ++i) given_up_.push_back(start("dead" + std::to_string(i) + "." + tenant, tenant));
  }
  void later(Clock::duration by) { now_->store(now_->load() + by); }

  // Look-ups may outlive a test.
  std::shared_ptr<NameServer> server_ = std::make_shared<NameServer>();
  std::shared_ptr<std::atomic<Clock::time_point>> now_ = std::make_shared<std::atomic<Clock::time_point>>(Clock::now());
  Names names_{[server = server_](const std::string& name) { return server->answer(name); },
               [now = now_] { return now->load(); }};
  std::vector<std::future<Result<Addresses, std::string>>> given_up_;
  IoThread io_;
};

const auto kNoName = tl::unexpected(error_code(asio::error::host_not_found));
const auto kServerAway = tl::unexpected(error_code(asio::error::host_not_found_try_again));

TEST_F(Resolve, DeadNamesOfATenantHoldUpNoOther) {
  server_->keep_silent(is_dead);
  have_dead_names(64, "evil");
  ASSERT_TRUE(server_->until_waiting(Names::kOfOneTenant));
  EXPECT_EQ(find("alive", "acme"), "8.8.8.8");
  have_dead_names(2 * Names::kUnderWay, "worse");
  ASSERT_TRUE(server_->until_waiting(2 * Names::kOfOneTenant));
  EXPECT_EQ(find("alive too", "acme"), "8.8.8.8");
}

TEST_F(Resolve, AnotherTenantsLineHoldsUpNoNameThatBothHave) {
  server_->keep_silent(is_dead);
  have_dead_names(64, "evil");
  auto behind_the_dead = start("alive", "evil");
  EXPECT_EQ(find("alive", "acme"), "8.8.8.8");
  EXPECT_EQ(text(io_.wait(std::move(behind_the_dead))), "8.8.8.8");
}

TEST_F(Resolve, WhereAllThreadsHangTheNextFreeOneIsWhoseTurnItIs) {
  server_->keep_silent([](const auto&) { return true; });
  for (std::size_t i = 0; i < Names::kUnderWay / Names::kOfOneTenant; ++i)
    have_dead_names(2 * Names::kOfOneTenant, ("evil" + std::to_string(i)).c_str());
  ASSERT_TRUE(server_->until_waiting(Names::kUnderWay));
  auto alive = start("alive", "acme");
  EXPECT_EQ(known("alive"), "late");  // it is in line
  server_->keep_silent([](const auto& name) { return name != "dead0.evil0" && name != "alive"; });
  EXPECT_EQ(text(io_.wait(std::move(alive))), "8.8.8.8");
}

TEST_F(Resolve, NamesThatNeverFailedGoFirst) {
  server_->say("dead0.acme", kServerAway);
  EXPECT_NE(find("dead0.acme"), "8.8.8.8");
  later(Names::kPenaltyMin);
  server_->keep_silent([](const auto& name) { return name != "alive"; });
  for (std::size_t i = 1; i <= Names::kOfOneTenant; ++i) given_up_.push_back(start("dead" + std::to_string(i)));
  ASSERT_TRUE(server_->until_waiting(Names::kOfOneTenant));
  given_up_.push_back(start("dead0.acme"));
  auto alive = start("alive");
  EXPECT_EQ(known("alive"), "late");                                                          // both are in line
  server_->keep_silent([](const auto& name) { return name != "alive" && name != "dead1"; });  // one place is free
  EXPECT_EQ(text(io_.wait(std::move(alive))), "8.8.8.8");
}

TEST_F(Resolve, TellsATenantThatItHasTooManyNames) {
  server_->keep_silent(is_dead);
  have_dead_names(Names::kOfOneTenant + Names::kWaiting, "acme");
  ASSERT_TRUE(server_->until_waiting(Names::kOfOneTenant));
  EXPECT_EQ(find("dead and one too many"), "too many names of this tenant wait to be looked up");
  EXPECT_EQ(find("alive", "other"), "8.8.8.8");
}

TEST_F(Resolve, ServesWhatWorkedWhileItLooksUpAgain) {
  EXPECT_EQ(find("kkt"), "8.8.8.8");
  later(Names::kFresh - 1s);
  EXPECT_EQ(find("kkt"), "8.8.8.8");
  EXPECT_EQ(server_->asked("kkt"), 1);

  server_->keep_silent([](const auto&) { return true; });
  server_->say("kkt", NameServer::made("9.9.9.9"));
  later(1s);
  EXPECT_EQ(known("kkt"), "8.8.8.8");
  ASSERT_TRUE(server_->until_waiting(1));
  later(Names::kServed - Names::kFresh - 1s);
  EXPECT_EQ(known("kkt"), "8.8.8.8");
  later(1s);
  EXPECT_EQ(known("kkt"), "late");
  EXPECT_EQ(server_->asked("kkt"), 2);

  server_->keep_silent({});
  EXPECT_EQ(find("kkt"), "9.9.9.9");
}

TEST_F(Resolve, ServesNothingThatANameServerTookBack) {
  for (const char* name : {"gone", "served"}) EXPECT_EQ(find(name), "8.8.8.8");
  server_->say("gone", kNoName);
  server_->say("served", kServerAway);
  later(Names::kFresh);
  for (const char* name : {"gone", "served"}) EXPECT_EQ(known(name), "8.8.8.8");
  becomes("gone", kNoName.value().message());
  EXPECT_EQ(known("served"), "8.8.8.8");
  later(Names::kServed);
  EXPECT_NE(find("served"), "8.8.8.8");
}

TEST_F(Resolve, AsksTheMoreSeldomTheOftenerANameFailed) {
  const auto away = kServerAway.value().message();
  server_->say("kkt", kServerAway);
  Clock::duration penalty = Names::kPenaltyMin;
  for (int failures = 1; failures <= 10; ++failures) {
    EXPECT_EQ(find("kkt"), away);
    EXPECT_EQ(server_->asked("kkt"), failures);
    later(penalty - 1ms);
    EXPECT_EQ(find("kkt"), away);
    EXPECT_EQ(server_->asked("kkt"), failures);
    later(1ms);
    penalty = std::min<Clock::duration>(2 * penalty, Names::kPenaltyMax);
  }
  server_->say("kkt", NameServer::made("9.9.9.9"));
  EXPECT_EQ(find("kkt"), "9.9.9.9");
  server_->say("kkt", kNoName);
  later(Names::kFresh);
  EXPECT_EQ(known("kkt"), "9.9.9.9");
  becomes("kkt", kNoName.value().message());
  later(Names::kPenaltyMin);  // it worked: the count began again
  server_->say("kkt", NameServer::made("9.9.9.9"));
  EXPECT_EQ(find("kkt"), "9.9.9.9");
}

TEST_F(Resolve, LooksUpOnceForAllWhoWait) {
  server_->keep_silent([](const auto&) { return true; });
  auto one = start("kkt", "acme");
  auto same = start("kkt", "acme");
  auto other = start("kkt", "other");
  ASSERT_TRUE(server_->until_waiting(1));
  EXPECT_EQ(known("kkt"), "late");
  server_->keep_silent({});
  for (auto* waiting : {&one, &same, &other}) EXPECT_EQ(text(io_.wait(std::move(*waiting))), "8.8.8.8");
  EXPECT_EQ(server_->asked("kkt"), 1);
}

TEST_F(Resolve, KeepsSomeAddressesOfManyAndNoNameWithout) {
  server_->say("many", Addresses(1000, asio::ip::make_address("9.9.9.9")));
  EXPECT_EQ(io_.wait(start("many"))->size(), Names::kAddresses);
  server_->say("none", Addresses());
  EXPECT_FALSE(io_.wait(start("none")));
}

}  // namespace
}  // namespace kassaflow::http::tests
